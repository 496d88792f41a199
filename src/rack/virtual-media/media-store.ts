import { createHmac } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import { hashSecret, newSecret } from '../boot-token/secrets.ts';
import { seal, unseal, writeFileAtomically } from '../disk/sealed-file.ts';
import { type MediaRecord, MediaState } from './schema.ts';

/** The media that this rack serves, across its restarts. Nothing that it keeps opens anything. */
export interface MediaStore {
  /** Stores a medium in the place of the machine's former ones, then hands out the secret of its address. */
  add(media: Omit<MediaRecord, 'hash'>): Promise<string>;
  /** By the secret of its address. Undefined when it is unknown or expired. */
  find(secret: string): Readonly<MediaRecord> | undefined;
  /** Notes who read it first; of several only the first counts. */
  readBy(media: Readonly<MediaRecord>, address: string): Promise<void>;
  /** Forgets the machine's media. */
  drop(machine: string): Promise<void>;
}

export interface MediaStoreDeps {
  /** The state file. */
  path: string;
  clock: Clock;
  log: Logger;
}

/** The boot token of a medium: it follows from the secret of its address, so that neither is kept anywhere. */
export function tokenOf(secret: string): string {
  return createHmac('sha256', secret).update('metalwright boot token').digest('base64url');
}

/** Opens what an earlier process left: a BMC may be half way through a medium when its rack restarts. */
export async function openMediaStore({ path, clock, log }: MediaStoreDeps): Promise<MediaStore> {
  const media = new Map((await load(path, log)).map((record) => [record.hash, record]));
  let writing: Promise<void> = Promise.resolve();

  function save(): Promise<void> {
    const write = async (): Promise<void> => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFileAtomically(path, seal({ version: 1, media: [...media.values()] }));
    };
    const saved = writing.then(write);
    writing = saved.catch(() => undefined);
    return saved;
  }

  function forget(machine: string): void {
    for (const [hash, record] of media)
      if (record.machine === machine || record.expiresAt <= clock.now()) media.delete(hash);
  }

  return {
    async add(record) {
      forget(record.machine);
      const secret = newSecret();
      const hash = hashSecret(secret);
      media.set(hash, { hash, ...record });
      await save();
      return secret;
    },
    find(secret) {
      const record = media.get(hashSecret(secret));
      return record !== undefined && clock.now() < record.expiresAt ? record : undefined;
    },
    async readBy({ hash }, address) {
      const record = media.get(hash);
      if (record === undefined || record.reader !== undefined) return;
      record.reader = address;
      await save();
    },
    async drop(machine) {
      if (![...media.values()].some((record) => record.machine === machine)) return;
      forget(machine);
      await save();
    },
  };
}

/** A file that cannot be read is put aside: the machines that boot from media at the moment then fail, each with a name. */
async function load(path: string, log: Logger): Promise<MediaRecord[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  try {
    return MediaState.parse(unseal(text)).media;
  } catch (error) {
    log.error({ path, error: messageOf(error) }, 'the state of virtual media is damaged and was put aside');
    await rename(path, `${path}.damaged`);
    return [];
  }
}
