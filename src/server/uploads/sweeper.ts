import { bootImageKind } from '../../api/boot-image/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { sleep, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { Caches } from '../caches.ts';
import type { UploadStore } from './ports.ts';

const everyMs = 15 * 60_000;
const path = /\/sha256\/([0-9a-f]{64})$/;

/** The digests, as lower-case hex, that a BootImage names: by themselves, or at the end of a URL. */
export function digestsOf(object: KubeObject): string[] {
  const { spec, status } = bootImageKind.parse(object);
  const named = [...spec.artifacts, ...(status?.artifacts ?? [])].flatMap(({ digest }) => digest ?? []);
  const found = spec.artifacts.flatMap(({ source }) => path.exec(source.http?.url ?? '')?.[1] ?? []);
  return [...named.map((digest) => digest.replace('sha256:', '')), ...found];
}

/** Removes from time to time what no BootImage names. Nothing goes while it is not known which BootImages there are. */
export function createUploadSweeper({
  store,
  caches,
  log,
  timers,
}: {
  store: Pick<UploadStore, 'sweep'>;
  caches: Pick<Caches, 'of' | 'synced'>;
  log: Logger;
  timers: Timers;
}) {
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<void> | undefined;

  async function sweep(): Promise<void> {
    await store.sweep(new Set(caches.of('images').list().flatMap(digestsOf)));
  }

  async function run(): Promise<void> {
    await caches.synced();
    while (!signal.aborted) {
      await sweep().catch((error: unknown) =>
        log.error({ error: messageOf(error) }, 'uploads cannot be swept'),
      );
      await sleep(timers, everyMs, signal);
    }
  }

  return {
    start(): void {
      // Caches that are stopped before they are filled are the end of it.
      running ??= run().catch(() => undefined);
    },
    sweep,
    async stop(): Promise<void> {
      stopping.abort();
      await running;
    },
  };
}
