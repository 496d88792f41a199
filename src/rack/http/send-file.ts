import type { ServerResponse } from 'node:http';
import type { OpenImage } from '../images/ports.ts';
import type { FileSender } from '../net/native-file-sender.ts';
import type { ShareStream } from './fair-share.ts';
import type { ByteRange } from './range.ts';
import { sendBulk } from './send-bulk.ts';

/** How long a client may take. */
export interface SendLimits {
  /** Slower clients are cut off, in bytes per second measured over a chunk. */
  leastBytesPerSecond: number;
  /** Even a small chunk has so long, in ms. */
  leastChunkMs: number;
}

/** Where bytes go. */
export interface Outlet {
  response: ServerResponse;
  limits: SendLimits;
  share: ShareStream;
  /** Of a chunk: 1 MiB, less when there are many clients. */
  chunkBytes: number;
  /** Undefined: everything is copied through this process. */
  sender?: FileSender | undefined;
}

/**
 * Sends a part of a file chunk by chunk, the next one read while the last is on its way, and no more than two in memory. What
 * of the file is still to come is waited for.
 *
 * @returns bytes handed to the client; fewer than the range when it went away or was too slow, or the file broke off
 */
export async function sendFile(image: OpenImage, range: ByteRange, outlet: Outlet): Promise<number> {
  const socket = image.growth === undefined ? outlet.sender?.borrow(outlet.response.socket) : undefined;
  if (socket === undefined) return sendCopied(image, range, outlet);
  try {
    return await sendBulk(image, range, outlet, socket);
  } finally {
    socket.close();
  }
}

async function sendCopied(image: OpenImage, range: ByteRange, outlet: Outlet): Promise<number> {
  const { file, growth } = image;
  const { share } = outlet;
  const total = range.end - range.start + 1;
  const size = Math.min(outlet.chunkBytes, total);
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(total > size ? size : 0)];
  let sent = 0;
  let pending: Promise<boolean> = Promise.resolve(true);
  for (let read = 0, turn = 0; read < total; turn = 1 - turn) {
    const buffer = buffers[turn] ?? Buffer.alloc(0);
    const position = range.start + read;
    const there = growth === undefined ? Number.POSITIVE_INFINITY : await growth.beyond(position);
    const wanted = Math.min(size, total - read, Math.max(0, there - position));
    const { bytesRead } = wanted > 0 ? await file.read(buffer, 0, wanted, position) : { bytesRead: 0 };
    if (!(await pending)) return sent;
    sent = read;
    if (bytesRead === 0 || !(await share.turn(bytesRead))) return sent;
    read += bytesRead;
    pending = writeChunk(outlet, buffer.subarray(0, bytesRead));
  }
  return (await pending) ? total : sent;
}

/** Resolves with true when the kernel has taken the bytes, false when the client is gone or too slow. Ends the turn. */
export async function writeChunk(
  { response, limits, share }: Pick<Outlet, 'response' | 'limits' | 'share'>,
  chunk: Uint8Array,
): Promise<boolean> {
  if (response.destroyed || response.socket?.destroyed !== false) return false;
  const taken = await waitWritten(response, chunk, patienceMs(chunk.length, limits));
  share.done();
  return taken;
}

/** How long a client may take for so many bytes. */
export function patienceMs(bytes: number, limits: SendLimits): number {
  return Math.max(limits.leastChunkMs, (bytes / limits.leastBytesPerSecond) * 1000);
}

/** Resolves with true when the kernel has taken the bytes, false when the client is gone or `withinMs` are over. */
export function waitWritten(response: ServerResponse, chunk: Uint8Array, withinMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  if (response.destroyed || response.socket?.destroyed !== false) return Promise.resolve(false);
  const settle = (taken: boolean): void => {
    clearTimeout(timer);
    response.off('close', gone);
    resolve(taken);
  };
  const timer = setTimeout(() => settle(false), withinMs);
  const gone = (): void => settle(false);
  response.once('close', gone);
  response.write(chunk, (error) => settle(error === null || error === undefined));
  return promise;
}
