import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError, messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import { imageError, isImageError } from './errors.ts';
import { createGrowth } from './growth.ts';
import type { FileGrowth } from './ports.ts';

/** One way to get the bytes of a file. */
export interface Supplier {
  /** For the log. */
  name: string;
  read(offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** It failed; the next one goes on. */
  failed?(error: unknown): void;
}

/** What is fetched, and what it must turn out to be. */
export interface VerifiedFetch {
  /** SHA-256, lower-case hex. */
  digest: string;
  sizeBytes: number;
  /** The final path; its directory exists. */
  path: string;
  /** A directory on the same file system for what is not complete. */
  scratch: string;
  /** Asked first, each once. */
  neighbours: readonly Supplier[];
  origin: Supplier;
  /** Waits before each further attempt with the origin, in ms. One that brought much does not count. */
  retryAfterMs: readonly number[];
  /** Told how many bytes are stored so far. */
  progress(bytes: number): void;
  /** The file may be read while it grows. */
  opened(partial: { path: string; growth: FileGrowth }): void;
  log: Logger;
  sleep(ms: number): Promise<void>;
  signal: AbortSignal;
}

/** What readers of a growing file get only when the digest was right: without its end no file is complete. */
export const withheldBytes = 64 * 1024;
/** An attempt that brought so much was no failure: the next one starts the count anew. */
const muchBytes = 1024 * 1024;
const batchBytes = 256 * 1024;

/**
 * Writes the bytes to a new file, hashing on the way, and gives it its name only when size and digest are right and the disk
 * has it: a file of that name is always whole. A transfer that breaks goes on where it was, from whoever is next. When what was
 * put together of several does not have the digest, all of it is fetched once more, from the origin alone.
 *
 * @throws ImageTruncated, ImageDigestMismatch, ImageStoreFailed, ImageDiskFull, and what the origin throws
 */
export async function fetchVerified(job: VerifiedFetch): Promise<void> {
  const { digest, sizeBytes, path, scratch } = job;
  const partial = join(scratch, `${digest}.${randomUUID()}`);
  await onDisk(() => mkdir(scratch, { recursive: true }));
  const file = await onDisk(() => open(partial, 'wx', 0o644));
  let growing = createGrowth();
  try {
    for (let alone = false; ; alone = true) {
      job.opened({ path: partial, growth: growing.growth });
      const { advance } = growing;
      const outcome = await fetchOnce(job, file, alone, advance);
      if (outcome.digest === `sha256:${digest}`) {
        advance(sizeBytes);
        break;
      }
      const mismatch = imageError(
        'ImageDigestMismatch',
        `${outcome.digest} in the place of sha256:${digest}`,
      );
      if (alone || !outcome.mixed) throw mismatch;
      job.log.warn({ digest, error: mismatch.message }, 'image fetched anew, from its origin alone');
      growing.fail();
      growing = createGrowth();
      await onDisk(() => file.truncate(0));
    }
    await onDisk(() => file.sync());
  } catch (error) {
    growing.fail();
    await file.close();
    await rm(partial, { force: true });
    throw error;
  }
  await onDisk(async () => {
    await file.close();
    await rename(partial, path);
    const directory = await open(dirname(path), 'r');
    await directory.sync().finally(() => directory.close());
  });
}

/** From the first byte to the last, over as many connections as it takes. `mixed`: not all of it by one of the origin. */
async function fetchOnce(
  job: VerifiedFetch,
  file: FileHandle,
  alone: boolean,
  advance: (bytes: number) => void,
): Promise<{ digest: string; mixed: boolean }> {
  const { sizeBytes } = job;
  const hash = createHash('sha256');
  let written = 0;
  const store = async (chunks: readonly Uint8Array[]): Promise<void> => {
    for (const chunk of chunks) hash.update(chunk);
    await onDisk(() => writeWhole(file, chunks, written));
    for (const chunk of chunks) written += chunk.length;
    job.progress(written);
    advance(Math.max(0, Math.min(written, sizeBytes - withheldBytes)));
  };
  /** What went wrong; undefined: all of it is there. */
  const attempt = async (supplier: Supplier): Promise<unknown> => {
    try {
      await storeAll(supplier.read(written, job.signal), sizeBytes - written, store);
      if (written === sizeBytes) return undefined;
      throw imageError('ImageTruncated', `${written} of the ${sizeBytes} bytes of sha256:${job.digest}`);
    } catch (error) {
      job.signal.throwIfAborted();
      if (isDiskError(error)) throw error;
      supplier.failed?.(error);
      return error;
    }
  };
  for (const neighbour of alone ? [] : job.neighbours) {
    if ((await attempt(neighbour)) === undefined)
      return { digest: `sha256:${hash.digest('hex')}`, mixed: true };
  }
  let mixed = written > 0;
  for (let failures = 0; ; failures += 1) {
    const before = written;
    const error = await attempt(job.origin);
    if (error === undefined) return { digest: `sha256:${hash.digest('hex')}`, mixed };
    if (before > 0 && isMismatch(error)) return { digest: messageOf(error), mixed };
    if (written - before >= muchBytes) failures = 0;
    mixed ||= written > 0;
    await waitAfter(error, failures, written, job);
  }
}

/** Another file is there than at the beginning. */
function isMismatch(error: unknown): boolean {
  return isImageError(error) && error.code === 'ImageDigestMismatch';
}

function isDiskError(error: unknown): boolean {
  return isImageError(error) && (error.code === 'ImageDiskFull' || error.code === 'ImageStoreFailed');
}

/** Throws what is not worth another attempt. */
async function waitAfter(error: unknown, failures: number, bytes: number, job: VerifiedFetch): Promise<void> {
  const waitMs = job.retryAfterMs[failures];
  if (!(error instanceof CodedError) || !error.retryable || waitMs === undefined) throw error;
  job.log.warn(
    { digest: job.digest, error: error.message, bytes, waitMs },
    'image transfer failed, going on',
  );
  await job.sleep(waitMs);
}

/** What came before a failure is stored as well. */
async function storeAll(
  bytes: AsyncIterable<Uint8Array>,
  most: number,
  store: (chunks: readonly Uint8Array[]) => Promise<void>,
): Promise<void> {
  let batch: Uint8Array[] = [];
  let [total, size] = [0, 0];
  const flush = async (): Promise<void> => {
    const chunks = batch;
    batch = [];
    size = 0;
    if (chunks.length > 0) await store(chunks);
  };
  try {
    for await (const chunk of bytes) {
      total += chunk.length;
      if (total > most) throw imageError('ImageDigestMismatch', `more bytes than the ${most} that were left`);
      batch.push(chunk);
      size += chunk.length;
      if (size >= batchBytes) await flush();
    }
  } finally {
    await flush();
  }
}

async function writeWhole(file: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<void> {
  for (const [at, chunk] of offsets(chunks, position)) {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, at + done);
      done += bytesWritten;
    }
  }
}

function* offsets(chunks: readonly Uint8Array[], position: number): Generator<[number, Uint8Array]> {
  let at = position;
  for (const chunk of chunks) {
    yield [at, chunk];
    at += chunk.length;
  }
}

async function onDisk<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isImageError(error)) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    throw imageError(full ? 'ImageDiskFull' : 'ImageStoreFailed', messageOf(error), { cause: error });
  }
}
