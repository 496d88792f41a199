import { z } from 'zod';
import { messageOf } from '../../../errors/coded-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { type Secret, secrets } from '../../../kube/core-resources.ts';
import { isKubeError } from '../../../kube/errors.ts';
import type { Timers } from '../../../kube/timers.ts';
import type { Logger } from '../../../log/logger.ts';
import { serverError } from '../../errors.ts';
import { KeyRecord } from './key.ts';

/** A key with what is known of it. */
export interface StoredKey extends KeyRecord {
  id: string;
  /** RFC 3339; to within an hour. */
  lastUsedAt: string | undefined;
}

/** All keys, in one Secret: an entry a key, and another for when it was last used. */
export interface KeyStore {
  /** As of at most five seconds ago. Errors: Unavailable, Misconfigured. */
  all(): Promise<ReadonlyMap<string, StoredKey>>;
  /** As of now, at most once a second. */
  fresh(): Promise<ReadonlyMap<string, StoredKey>>;
  /** Also takes away what has expired. Errors: Unavailable, Misconfigured. */
  add(id: string, record: KeyRecord): Promise<void>;
  remove(id: string): Promise<void>;
  /** Written now and then; a failure is no matter. */
  used(key: StoredKey): void;
}

const believeMs = 5_000;
const freshMs = 1_000;
const usedEveryMs = 3_600_000;
const mostNoted = 2_000;
const fieldManager = 'metalwright-api';

/** @param now milliseconds since 1970 */
export function createKeyStore(options: {
  client: Pick<KubeClient, 'get' | 'create' | 'patch'>;
  secret: { namespace: string; name: string };
  timers: Timers;
  log: Logger;
  now: () => number;
}): KeyStore {
  const { client, secret, timers, log, now } = options;
  let known: { keys: ReadonlyMap<string, StoredKey>; at: number } | undefined;
  let reading: Promise<ReadonlyMap<string, StoredKey>> | undefined;
  const noted = new Map<string, number>();
  let writes = 0;

  async function read(): Promise<ReadonlyMap<string, StoredKey>> {
    const [at, before] = [timers.monotonic(), writes];
    const found = await client.get(secrets, secret.name, secret.namespace).catch(refuse);
    const keys = keysOf(found);
    // What was read while something was written may be what was there before.
    if (writes === before) known = { keys, at };
    return keys;
  }

  /** What is known if it is young enough, else what is read: one question for all who ask meanwhile. */
  async function within(ms: number): Promise<ReadonlyMap<string, StoredKey>> {
    if (known !== undefined && timers.monotonic() - known.at < ms) return known.keys;
    if (reading !== undefined) return reading;
    const question = read().finally(() => {
      if (reading === question) reading = undefined;
    });
    reading = question;
    return question;
  }

  async function write(data: Record<string, string | null>): Promise<void> {
    try {
      await client.patch(secrets, secret.name, { data }, { namespace: secret.namespace, fieldManager });
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) refuse(error);
      const entries = Object.entries(data).flatMap(([name, value]) =>
        value === null ? [] : [[name, value]],
      );
      await client
        .create(
          secrets,
          { metadata: { ...secret }, type: 'Opaque', data: Object.fromEntries(entries) },
          { fieldManager },
        )
        .catch(refuse);
    } finally {
      writes += 1;
      known = undefined;
      reading = undefined;
    }
  }

  function refuse(cause: unknown): never {
    if (isKubeError(cause, 'Forbidden')) {
      const what = `get and patch the Secret ${secret.name} in the namespace ${secret.namespace}`;
      throw serverError('Misconfigured', `the server’s service account may not ${what}`, { cause });
    }
    throw serverError('Unavailable', 'the API keys cannot be read or written', {
      cause,
      retryAfterSeconds: 1,
    });
  }

  return {
    all: () => within(believeMs),
    fresh: () => within(freshMs),
    async add(id, record) {
      const keys = await within(freshMs);
      const expired = [...keys.values()].filter(({ expiresAt }) => Date.parse(expiresAt) <= now());
      await write({
        ...Object.fromEntries(expired.flatMap((key) => gone(key.id))),
        [id]: encode(JSON.stringify(record)),
      });
    },
    remove: (id) => write(Object.fromEntries(gone(id))),
    used({ id, lastUsedAt }) {
      const last = Math.max(noted.get(id) ?? 0, Date.parse(lastUsedAt ?? '') || 0);
      if (now() - last < usedEveryMs) return;
      if (noted.size >= mostNoted) noted.clear();
      noted.set(id, now());
      const data = { [`${id}.used`]: encode(new Date(now()).toISOString()) };
      client
        .patch(secrets, secret.name, { data }, { namespace: secret.namespace, fieldManager })
        .catch((error: unknown) =>
          log.debug({ error: messageOf(error) }, 'when a key was last used is not noted'),
        );
    },
  };
}

function gone(id: string): [string, null][] {
  return [
    [id, null],
    [`${id}.used`, null],
  ];
}

/** What cannot be read is no key. */
function keysOf(secret: Secret | undefined): Map<string, StoredKey> {
  const data = secret?.data ?? {};
  const keys = new Map<string, StoredKey>();
  for (const [id, value] of Object.entries(data)) {
    if (!/^[0-9a-f]{16}$/.test(id)) continue;
    const record = KeyRecord.safeParse(parsed(decode(value))).data;
    if (record === undefined) continue;
    const used = z.iso.datetime().safeParse(decode(data[`${id}.used`] ?? ''));
    keys.set(id, { ...record, id, lastUsedAt: used.data });
  }
  return keys;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
