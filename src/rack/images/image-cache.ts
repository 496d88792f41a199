import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, messageOf } from '../../errors/coded-error.ts';
import { imageError } from './errors.ts';
import { chooseEvictions } from './eviction.ts';
import type { FetchProgress, ImageCache, ImageCacheDeps, KnownArtifact, OpenImage } from './ports.ts';
import { readSource } from './source-stream.ts';
import { hashFile, storeVerified } from './store-verified.ts';

interface Held {
  sizeBytes: number;
  usedAt: number;
  /** Settles when the digest was checked in this process; true when it was right. */
  verified: Promise<boolean> | undefined;
}

const digestPattern = /^[0-9a-f]{64}$/;

/** Opens the cache with what an earlier process left in it; unfinished transfers are removed. */
export async function createImageCache(deps: ImageCacheDeps): Promise<ImageCache> {
  const { log, clock, stallMs = 30_000, retryAfterMs = [1_000, 5_000] } = deps;
  const directory = join(deps.directory, 'sha256');
  const scratch = join(deps.directory, 'partial');
  const pathOf = (digest: string): string => join(directory, digest);
  const pinned = deps.pinned ?? ((digest: string) => deps.sources(digest) !== undefined);
  const held = new Map<string, Held>();
  const transfers = new Map<string, { done: Promise<void>; progress: FetchProgress }>();
  /** A new transfer of a digest must not lose its file to the removal of the old one. */
  const removals = new Set<Promise<void>>();
  const listeners = new Set<() => void>();
  const closing = new AbortController();

  await mkdir(directory, { recursive: true });
  await rm(scratch, { recursive: true, force: true });
  for (const digest of await readdir(directory)) {
    if (!digestPattern.test(digest)) continue;
    const { size, mtimeMs } = await stat(pathOf(digest));
    held.set(digest, { sizeBytes: size, usedAt: mtimeMs, verified: undefined });
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }

  async function discard(digest: string): Promise<void> {
    if (!held.delete(digest)) return;
    const removal = rm(pathOf(digest), { force: true });
    removals.add(removal);
    await removal.finally(() => removals.delete(removal));
    changed();
  }

  /** What is held, unless its size shows that it cannot be what the BootImage names. */
  function usable(digest: string): Held | undefined {
    const entry = held.get(digest);
    const known = deps.sources(digest);
    if (entry === undefined || known === undefined || known.sizeBytes === entry.sizeBytes) return entry;
    log.error({ digest, sizeBytes: entry.sizeBytes, wanted: known.sizeBytes }, 'damaged image removed');
    discard(digest).catch((error: unknown) =>
      log.error({ digest, error: messageOf(error) }, 'cannot remove a damaged image'),
    );
    return undefined;
  }

  async function makeRoom(needed: number): Promise<void> {
    const files = [...held].map(([digest, entry]) => ({ digest, ...entry, pinned: pinned(digest) }));
    let coming = 0;
    for (const { progress } of transfers.values()) coming += progress.totalBytes;
    const gone = chooseEvictions(files, coming, deps.maxBytes);
    if (gone === undefined)
      throw imageError('ImageCacheFull', `${needed} bytes do not fit into ${deps.maxBytes}`);
    for (const digest of gone) {
      log.info({ digest }, 'image evicted from the cache');
      await discard(digest);
    }
  }

  async function transfer(digest: string, known: KnownArtifact, progress: FetchProgress): Promise<void> {
    await makeRoom(known.sizeBytes);
    await Promise.allSettled(removals);
    for (let attempt = 0; ; attempt += 1) {
      try {
        await storeVerified({
          bytes: readSource(known.source, stallMs, closing.signal),
          digest,
          sizeBytes: known.sizeBytes,
          path: pathOf(digest),
          scratch,
          progress: (bytes) => {
            progress.bytes = bytes;
          },
        });
        break;
      } catch (error) {
        const wait = retryAfterMs[attempt];
        if (!(error instanceof CodedError) || !error.retryable || wait === undefined) throw error;
        log.warn({ digest, error: error.message, waitMs: wait }, 'image transfer failed, trying again');
        await delay(wait, undefined, { signal: closing.signal });
      }
    }
    held.set(digest, {
      sizeBytes: known.sizeBytes,
      usedAt: clock.now(),
      verified: Promise.resolve(true),
    });
    log.info({ digest, sizeBytes: known.sizeBytes }, 'image stored in the cache');
    changed();
  }

  async function verify(digest: string): Promise<boolean> {
    const file = await open(pathOf(digest), 'r').catch(() => undefined);
    if (file === undefined) return false;
    try {
      return (await hashFile(file)) === digest;
    } finally {
      await file.close();
    }
  }

  return {
    has: (digest) => usable(digest) !== undefined,
    held: () => [...held.keys()],
    progress: (digest) => transfers.get(digest)?.progress,

    async ensure(digest) {
      if (usable(digest) !== undefined) return;
      const running = transfers.get(digest);
      if (running !== undefined) return running.done;
      const known = deps.sources(digest);
      if (known === undefined) throw imageError('ImageUnknown', `sha256:${digest}`);
      const progress = { bytes: 0, totalBytes: known.sizeBytes };
      const entry = { progress, done: Promise.resolve() };
      transfers.set(digest, entry);
      entry.done = transfer(digest, known, progress).finally(() => transfers.delete(digest));
      return entry.done;
    },

    async open(digest): Promise<OpenImage | undefined> {
      const entry = usable(digest);
      if (entry === undefined) return undefined;
      entry.verified ??= verify(digest);
      if (!(await entry.verified)) {
        log.error({ digest }, 'damaged image removed');
        await discard(digest);
        return undefined;
      }
      entry.usedAt = clock.now();
      const file = await open(pathOf(digest), 'r').catch(() => undefined);
      if (file === undefined) await discard(digest);
      return file === undefined ? undefined : { file, sizeBytes: entry.sizeBytes };
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async close() {
      closing.abort(new Error('the image cache is closing'));
      await Promise.allSettled([...transfers.values()].map(({ done }) => done));
    },
  };
}
