import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const chunkBytes = 256 * 1024;

/** Opens a file so that reading it does not count as its use, where that is allowed. */
export async function openUnused(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOATIME).catch(() => open(path, 'r'));
}

/**
 * SHA-256 of an open file as lower-case hex, read from its beginning.
 *
 * @param restMs a pause after every 4 MiB, for what is not urgent
 */
export async function hashFile(file: FileHandle, restMs = 0, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(chunkBytes);
  for (let at = 0; ; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
    if (restMs > 0 && at % (16 * chunkBytes) === 0) await delay(restMs, undefined, signal ? { signal } : {});
  }
}
