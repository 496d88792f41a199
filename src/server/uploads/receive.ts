import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { serverError } from '../errors.ts';
import { onDisk } from './failures.ts';

const batchBytes = 1024 * 1024;

/** SHA-256 of the first bytes of a file, to go on with. @param bytes how many; the file has them */
export async function hashOf(path: string, bytes: number): Promise<Hash> {
  const hash = createHash('sha256');
  if (bytes > 0)
    for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: 256 * 1024 }))
      hash.update(chunk);
  return hash;
}

/**
 * Appends what comes to a file, and tells of every piece that is stored. Everything that came is stored also when the sender fails.
 * Errors: BodyTooLarge, UploadsFull, and what the stream fails with.
 *
 * @param stored called with each piece once the file has it
 */
export async function receiveInto(
  path: string,
  { offset, mostBytes, bytes }: { offset: number; mostBytes: number; bytes: Readable },
  stored: (chunk: Uint8Array) => void,
): Promise<void> {
  const file = await onDisk(() => open(path, 'r+'));
  try {
    // What a write that failed half way may have left.
    await onDisk(() => file.truncate(offset));
    await append(file, offset, mostBytes, bytes, stored);
  } finally {
    await onDisk(() => file.datasync()).finally(() => file.close());
  }
}

async function append(
  file: FileHandle,
  offset: number,
  mostBytes: number,
  bytes: Readable,
  stored: (chunk: Uint8Array) => void,
): Promise<void> {
  let batch: Uint8Array[] = [];
  let [waiting, position] = [0, offset];
  const flush = async (): Promise<void> => {
    const chunk = Buffer.concat(batch);
    batch = [];
    waiting = 0;
    await onDisk(() => writeAll(file, chunk, position)).catch(async (error: unknown) => {
      // A disk that is full has something better to hold than half a piece.
      await file.truncate(position);
      throw error;
    });
    position += chunk.length;
    stored(chunk);
  };
  try {
    // Who sent them is still to be answered.
    for await (const chunk of bytes.iterator({ destroyOnReturn: false })) {
      const piece: Uint8Array = chunk;
      if (position + waiting + piece.length > offset + mostBytes)
        throw serverError('BodyTooLarge', `the upload ends ${mostBytes} bytes after offset ${offset}`);
      batch.push(piece);
      waiting += piece.length;
      if (waiting >= batchBytes) await flush();
    }
  } finally {
    if (waiting > 0) await flush();
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}
