import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { ByteRange } from './range.ts';

const chunkBytes = 1024 * 1024;

/** How long a client may take. */
export interface SendLimits {
  /** Slower clients are cut off, in bytes per second measured over a chunk of 1 MiB. */
  leastBytesPerSecond: number;
  /** Even a small chunk has so long, in ms. */
  leastChunkMs: number;
}

/**
 * Sends a part of a file in chunks of 1 MiB, the next one read while the last is on its way, and no more than two in memory.
 *
 * @returns bytes handed to the client; fewer than the range when it went away or was too slow, and then the connection is gone
 */
export async function sendFile(
  file: FileHandle,
  range: ByteRange,
  response: ServerResponse,
  limits: SendLimits,
): Promise<number> {
  const total = range.end - range.start + 1;
  const size = Math.min(chunkBytes, total);
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(total > size ? size : 0)];
  let sent = 0;
  let pending: Promise<boolean> = Promise.resolve(true);
  for (let read = 0, turn = 0; read < total; turn = 1 - turn) {
    const buffer = buffers[turn] ?? Buffer.alloc(0);
    const { bytesRead } = await file.read(buffer, 0, Math.min(size, total - read), range.start + read);
    if (!(await pending) || bytesRead === 0) {
      response.destroy();
      return sent;
    }
    sent = read;
    read += bytesRead;
    pending = writeChunk(response, buffer.subarray(0, bytesRead), limits);
  }
  if (!(await pending)) {
    response.destroy();
    return sent;
  }
  response.end();
  return total;
}

/** Resolves with true when the kernel has taken the bytes, false when the client is gone or too slow. */
function writeChunk(response: ServerResponse, chunk: Uint8Array, limits: SendLimits): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  if (response.destroyed || response.socket?.destroyed !== false) return Promise.resolve(false);
  const patience = Math.max(limits.leastChunkMs, (chunk.length / limits.leastBytesPerSecond) * 1000);
  const timer = setTimeout(() => resolve(false), patience);
  const gone = (): void => resolve(false);
  response.once('close', gone);
  response.write(chunk, (error) => resolve(error === null || error === undefined));
  return promise.finally(() => {
    clearTimeout(timer);
    response.off('close', gone);
  });
}
