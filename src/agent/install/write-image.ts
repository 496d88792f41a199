import { createHash } from 'node:crypto';
import { PassThrough, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { messageOf } from '../../errors/coded-error.ts';
import type { ImageFormat, InstallTask } from '../contract.ts';
import { agentError, isAgentError } from '../errors.ts';
import type { BlockDevice } from '../host/block-device.ts';
import type { Progress } from '../reporter.ts';
import { createImageWriter, headBytes } from './image-writer.ts';

/**
 * Writes the image to the disk while it arrives, and lets the disk boot only when the digest of the whole file is right.
 *
 * @param source the file as it is transferred
 * @throws ImageDigestMismatch, ImageCorrupt, ImageTooLarge, DiskWriteFailed, and what the source throws
 */
export async function writeImage(
  image: InstallTask['image'],
  source: AsyncIterable<Uint8Array>,
  device: BlockDevice,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  await wipeEnds(device);
  const writer = createImageWriter(device);
  const hash = createHash('sha256');
  let received = 0;
  // By hand, so that a decompressor that fails does not end the transfer.
  const transfer = source[Symbol.asyncIterator]();
  const measured = async function* (): AsyncGenerator<Uint8Array> {
    let shown = -1;
    for (let next = await transfer.next(); !next.done; next = await transfer.next()) {
      const chunk = next.value;
      hash.update(chunk);
      received += chunk.length;
      const percent = Math.min(100, Math.floor((received / image.sizeBytes) * 100));
      if (percent >= shown + 5) progress.report('Write', `writing the image to ${device.path}`, percent);
      if (percent >= shown + 5) shown = percent;
      yield chunk;
    }
  };
  const write = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) await onDisk(device, () => writer.write(chunk));
  };
  try {
    await pipeline(Readable.from(measured(), { objectMode: false }), decompressor(image.format), write, {
      signal,
    });
  } catch (error) {
    // A file that is not the one that was meant is rarely a good archive either: the digest is the better news.
    if (isCompression(error)) await drain(measured());
    if (isCompression(error)) compareDigests(image, hash.digest('hex'), received);
    throw isCompression(error) ? agentError('ImageCorrupt', `unpacking failed: ${messageOf(error)}`) : error;
  } finally {
    await transfer.return?.();
  }
  compareDigests(image, hash.digest('hex'), received);
  if (image.rawSizeBytes !== undefined && writer.position !== image.rawSizeBytes)
    throw agentError(
      'ImageCorrupt',
      `the image has ${writer.position} bytes when unpacked, expected ${image.rawSizeBytes}`,
    );
  await onDisk(device, async () => {
    await writer.finish();
    await writer.commit();
  });
}

/** Old partition tables and the GPT copy at the end go first: nothing of what was on the disk may come back. */
async function wipeEnds(device: BlockDevice): Promise<void> {
  const length = Math.min(headBytes, device.sizeBytes);
  await onDisk(device, async () => {
    await device.zero(0, length);
    await device.zero(device.sizeBytes - length, length);
    await device.sync();
  });
}

function decompressor(format: ImageFormat): Transform {
  switch (format) {
    case 'Raw':
      return new PassThrough({ highWaterMark: 1 << 20 });
    case 'RawGzip':
      return createGunzip({ chunkSize: 1 << 20 });
    case 'RawZstd':
      return createZstdDecompress({ chunkSize: 1 << 20 });
  }
}

async function onDisk(device: BlockDevice, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (isAgentError(error)) throw error;
    throw agentError('DiskWriteFailed', `${device.path}: ${messageOf(error)}`, { cause: error });
  }
}

function compareDigests(image: InstallTask['image'], seen: string, received: number): void {
  if (seen === image.sha256) return;
  throw agentError(
    'ImageDigestMismatch',
    `expected SHA-256 ${image.sha256} of ${image.sizeBytes} bytes, got ${seen} of ${received} bytes`,
  );
}

/** True for what zlib throws: its codes begin with Z_ or ZSTD_. */
function isCompression(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR__?ZSTD|ERR_ZLIB)/.test(String(error.code))
  );
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}
