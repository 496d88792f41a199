import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, messageOf } from '../../errors/coded-error.ts';
import { type ImageErrorCode, imageError, isImageError } from './errors.ts';
import { chooseEvictions } from './eviction.ts';
import { fetchVerified, type Supplier } from './fetch-verified.ts';
import { readOrigin } from './origin.ts';
import type {
  FetchProgress,
  FetchPurpose,
  FileGrowth,
  ImageCache,
  ImageCacheDeps,
  ImageFault,
  KnownArtifact,
  OpenImage,
} from './ports.ts';
import { openStoredFiles } from './stored-files.ts';

interface Transfer {
  done: Promise<void>;
  progress: FetchProgress;
  /** It has its room. */
  admitted: boolean;
  /** The file while it grows. */
  partial: { path: string; growth: FileGrowth } | undefined;
  /** Settles when there is a file that grows. */
  opened: PromiseWithResolvers<void>;
}

/** Faults that a person has to do something about; others are about one image. */
const lasting: ReadonlySet<ImageErrorCode> = new Set<ImageErrorCode>([
  'ImageCacheFull',
  'ImageDiskFull',
  'ImageStoreFailed',
]);

/** Opens the cache with what an earlier process left in it; unfinished transfers are removed. */
export async function createImageCache(deps: ImageCacheDeps): Promise<ImageCache> {
  const { log, clock, neighbours, observer = {} } = deps;
  const { stallMs = 30_000, retryAfterMs = [1_000, 5_000], reserveBytes = 256 * 1024 * 1024 } = deps;
  const scratch = join(deps.directory, 'partial');
  await rm(scratch, { recursive: true, force: true });
  const stored = await openStoredFiles(join(deps.directory, 'sha256'), clock, log);
  const transfers = new Map<string, Transfer>();
  const faults = new Map<string, ImageFault>();
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  let admission: Promise<void> = Promise.resolve();

  function changed(): void {
    for (const listener of listeners) listener();
  }

  async function discard(digest: string): Promise<void> {
    if (await stored.remove(digest)) changed();
  }

  async function damaged(digest: string): Promise<void> {
    if (stored.files.has(digest)) log.error({ digest }, 'damaged image removed');
    await discard(digest);
  }

  /** Whether it is held, unless its size shows that it cannot be what the BootImage names. */
  function usable(digest: string): boolean {
    const entry = stored.files.get(digest);
    const known = deps.sources(digest);
    if (entry === undefined) return false;
    if (known === undefined || known.sizeBytes === entry.sizeBytes) return true;
    log.error({ digest, sizeBytes: entry.sizeBytes, wanted: known.sizeBytes }, 'damaged image removed');
    discard(digest).catch((error: unknown) =>
      log.error({ digest, error: messageOf(error) }, 'cannot remove a damaged image'),
    );
    return false;
  }

  /** What may be held in all: the limit, or what the disk has left beside its reserve. */
  async function roomOnDisk(): Promise<number> {
    let written = 0;
    for (const { progress } of transfers.values()) written += progress.bytes;
    return stored.heldBytes() + written + (await stored.freeBytes()) - reserveBytes;
  }

  /** One after the other, for each must see what the others took. */
  function admit(entry: Transfer, purpose: FetchPurpose): Promise<void> {
    admission = admission
      .then(() => makeRoom(entry.progress.totalBytes, purpose))
      .then(() => {
        entry.admitted = true;
      });
    const outcome = admission;
    admission = outcome.catch(() => undefined);
    return outcome;
  }

  async function makeRoom(needed: number, purpose: FetchPurpose): Promise<void> {
    const disk = await roomOnDisk();
    const files = [...stored.files].map(([digest, { sizeBytes, usedAt }]) => {
      const known = deps.sources(digest);
      const named = known !== undefined;
      return {
        digest,
        sizeBytes,
        usedAt,
        named,
        pinned: purpose === 'Prefetch' ? named : known?.pinned === true,
      };
    });
    let coming = needed;
    for (const { progress, admitted } of transfers.values()) if (admitted) coming += progress.totalBytes;
    const gone = chooseEvictions(files, coming, Math.min(deps.maxBytes, disk));
    if (gone === undefined)
      throw disk < deps.maxBytes
        ? imageError('ImageDiskFull', `${needed} bytes do not fit beside ${stored.heldBytes()}`)
        : imageError('ImageCacheFull', `${needed} bytes do not fit into ${deps.maxBytes}`);
    for (const digest of gone) {
      const bytes = stored.files.get(digest)?.sizeBytes ?? 0;
      log.info({ digest, bytes }, 'image evicted from the cache');
      observer.evicted?.(bytes);
      await discard(digest);
    }
  }

  function suppliers(digest: string, known: KnownArtifact): { origin: Supplier; neighbours: Supplier[] } {
    const { source, sizeBytes } = known;
    const seen = {};
    const near = neighbours === undefined ? [] : neighbours.choose(digest);
    return {
      origin: {
        name: 'origin',
        read: (offset, signal) =>
          counted('Origin', readOrigin(source, { sizeBytes, stallMs }, offset, seen, signal)),
      },
      neighbours: near.map((neighbour) => ({
        name: neighbour.name,
        read: (offset, signal) =>
          counted('Neighbour', neighbours?.read(neighbour, { digest, sizeBytes }, offset, signal) ?? []),
        failed(error) {
          // That it does not hold the image is an answer like any other.
          if (isImageError(error) && error.code === 'ImageSourceRefused') return;
          neighbours?.failed(neighbour);
          log.info({ digest, neighbour: neighbour.name, error: messageOf(error) }, 'a neighbour is left out');
        },
      })),
    };
  }

  async function* counted(
    from: 'Neighbour' | 'Origin',
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        yield chunk;
      }
    } finally {
      if (bytes > 0) observer.fetched?.({ from, bytes });
    }
  }

  async function transfer(
    digest: string,
    known: KnownArtifact,
    purpose: FetchPurpose,
    entry: Transfer,
  ): Promise<void> {
    try {
      await admit(entry, purpose);
      await stored.settled();
      await fetchVerified({
        ...{ digest, sizeBytes: known.sizeBytes, path: stored.pathOf(digest), scratch, retryAfterMs, log },
        ...suppliers(digest, known),
        progress: (bytes) => {
          entry.progress.bytes = bytes;
        },
        opened(partial) {
          entry.partial = partial;
          entry.opened.resolve();
        },
        sleep: (ms) => delay(ms, undefined, { signal: closing.signal }),
        signal: closing.signal,
      });
      await stored.add(digest, known.sizeBytes);
      faults.delete(digest);
      log.info({ digest, sizeBytes: known.sizeBytes }, 'image stored in the cache');
    } catch (error) {
      entry.opened.reject(error);
      observer.failed?.(error instanceof CodedError ? error.code : 'Unknown');
      if (isImageError(error) && lasting.has(error.code) && purpose === 'Demand')
        faults.set(digest, { code: error.code, message: error.message });
      else faults.delete(digest);
      throw error;
    } finally {
      transfers.delete(digest);
    }
    changed();
  }

  /** The transfer of a digest that is not held. */
  function begin(digest: string, purpose: FetchPurpose): Transfer {
    const running = transfers.get(digest);
    if (running !== undefined) return running;
    const known = deps.sources(digest);
    if (known === undefined) throw imageError('ImageUnknown', `sha256:${digest}`);
    const opened = Promise.withResolvers<void>();
    // Whoever waits hears of a failure by `done`.
    opened.promise.catch(() => undefined);
    const entry: Transfer = {
      ...{
        progress: { bytes: 0, totalBytes: known.sizeBytes },
        done: Promise.resolve(),
        partial: undefined,
        admitted: false,
        opened,
      },
    };
    transfers.set(digest, entry);
    entry.done = transfer(digest, known, purpose, entry);
    entry.done.catch(() => undefined);
    return entry;
  }

  async function openHeld(digest: string): Promise<OpenImage<FileHandle> | undefined> {
    const image = await stored.open(digest);
    if (image === undefined) await discard(digest);
    return image;
  }

  const cache: ImageCache = {
    has: usable,
    held: () => [...stored.files.keys()],
    heldBytes: () => stored.heldBytes(),
    progress: (digest) => transfers.get(digest)?.progress,
    fault: () => faults.values().next().value,
    stats: () => ({
      heldBytes: stored.heldBytes(),
      heldFiles: stored.files.size,
      maxBytes: deps.maxBytes,
      transfers: transfers.size,
    }),

    async ensure(digest, purpose = 'Demand') {
      const held = usable(digest);
      if (purpose === 'Demand') observer.lookedUp?.(held);
      if (!held) await begin(digest, purpose).done;
    },

    async open(digest) {
      if (!usable(digest)) return undefined;
      if (await stored.verify(digest)) return openHeld(digest);
      await damaged(digest);
      return undefined;
    },

    async openUnchecked(digest) {
      if (deps.sources(digest)?.checkedByReader !== true) {
        await cache.ensure(digest);
        return cache.open(digest);
      }
      const held = usable(digest);
      observer.lookedUp?.(held);
      if (held) return openHeld(digest);
      const entry = begin(digest, 'Demand');
      await entry.opened.promise;
      const { partial } = entry;
      const file = partial === undefined ? undefined : await open(partial.path, 'r').catch(() => undefined);
      if (partial !== undefined && file !== undefined)
        return { file, sizeBytes: entry.progress.totalBytes, growth: partial.growth };
      // It got its name in the meantime, or failed.
      await entry.done;
      return openHeld(digest);
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async close() {
      closing.abort(new Error('the image cache is closing'));
      await Promise.allSettled([...transfers.values()].map(({ done }) => done));
      await checking;
    },
  };
  const checking = stored.verifyAll(damaged, closing.signal).catch((error: unknown) => {
    if (!closing.signal.aborted) log.error({ error: messageOf(error) }, 'images could not be checked');
  });
  return cache;
}
