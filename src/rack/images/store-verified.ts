import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../../errors/coded-error.ts';
import { imageError, isImageError } from './errors.ts';

/** What is stored, and what it must turn out to be. */
export interface VerifiedStore {
  bytes: AsyncIterable<Uint8Array>;
  /** SHA-256, lower-case hex. */
  digest: string;
  sizeBytes: number;
  /** The final path; its directory exists. */
  path: string;
  /** A directory on the same file system for what is not complete. */
  scratch: string;
  /** Told how many bytes are stored so far. */
  progress(bytes: number): void;
}

/**
 * Writes the bytes to a new file, hashing on the way, and gives it its name only when size and digest are right and the disk
 * has it: a file of that name is always whole.
 *
 * @throws ImageTruncated, ImageDigestMismatch, ImageStoreFailed, and what `bytes` throws
 */
export async function storeVerified(store: VerifiedStore): Promise<void> {
  const { digest, sizeBytes, path, scratch } = store;
  const hash = createHash('sha256');
  const partial = join(scratch, `${digest}.${randomUUID()}`);
  await onDisk(() => mkdir(scratch, { recursive: true }));
  const file = await onDisk(() => open(partial, 'wx', 0o644));
  try {
    let written = 0;
    for await (const chunk of store.bytes) {
      written += chunk.length;
      if (written > sizeBytes)
        throw imageError('ImageDigestMismatch', `more than the ${sizeBytes} bytes of sha256:${digest}`);
      hash.update(chunk);
      await onDisk(() => writeWhole(file, chunk));
      store.progress(written);
    }
    if (written < sizeBytes)
      throw imageError('ImageTruncated', `${written} of the ${sizeBytes} bytes of sha256:${digest}`);
    const actual = hash.digest('hex');
    if (actual !== digest)
      throw imageError('ImageDigestMismatch', `sha256:${actual} in the place of sha256:${digest}`);
    await onDisk(() => file.sync());
  } catch (error) {
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

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, at, chunk.length - at);
    at += bytesWritten;
  }
}

async function onDisk<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isImageError(error)) throw error;
    throw imageError('ImageStoreFailed', messageOf(error), { cause: error });
  }
}

/** SHA-256 of an open file as lower-case hex, read from its beginning. */
export async function hashFile(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(256 * 1024);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}
