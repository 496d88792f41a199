import { agentError } from '../errors.ts';
import type { BlockDevice } from '../host/block-device.ts';

const chunkBytes = 4 * 1024 * 1024;
/** Data is forced to the medium so often: progress is real, and a small machine keeps its memory. */
const syncEveryBytes = 128 * 1024 * 1024;
const zeroChunk = Buffer.alloc(chunkBytes);

/** The part at the front that is written last: partition table and boot sector. */
export const headBytes = 1024 * 1024;

/**
 * Writes an image to a disk, front to back, in chunks of 4 MiB. Its first MiB is kept back until `commit`: a disk whose
 * install broke off, whatever the reason, never starts half an operating system.
 */
export interface ImageWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Bytes of the image so far. */
  readonly position: number;
  /** Writes what is pending, but not the head. */
  finish(): Promise<void>;
  /** Writes the head: from now on the disk boots. */
  commit(): Promise<void>;
}

/** @throws ImageTooLarge from `write` when the image does not end where the disk does */
export function createImageWriter(device: BlockDevice): ImageWriter {
  const head = Buffer.alloc(headBytes);
  const chunk = Buffer.allocUnsafe(chunkBytes);
  /** Where the image is, where the pending chunk begins, and where a run of zeros before it begins. */
  let position = 0;
  let chunkStart = 0;
  let zerosFrom: number | undefined;
  let unsynced = 0;

  const flush = async (): Promise<void> => {
    const length = position - chunkStart;
    if (length === 0) return;
    const filled = chunk.subarray(0, length);
    if (chunkStart === 0) {
      const kept = Math.min(headBytes, length);
      filled.copy(head, 0, 0, kept);
      filled.fill(0, 0, kept);
    }
    if (filled.equals(zeroChunk.subarray(0, length))) zerosFrom ??= chunkStart;
    else {
      await flushZeros();
      await device.write(chunkStart, filled);
      unsynced += length;
    }
    chunkStart = position;
    if (unsynced >= syncEveryBytes) {
      await device.sync();
      unsynced = 0;
    }
  };
  const flushZeros = async (): Promise<void> => {
    if (zerosFrom !== undefined) await device.zero(zerosFrom, chunkStart - zerosFrom);
    zerosFrom = undefined;
  };

  return {
    get position() {
      return position;
    },
    async write(bytes) {
      if (position + bytes.length > device.sizeBytes)
        throw agentError(
          'ImageTooLarge',
          `the image is larger than ${device.path} with its ${device.sizeBytes} bytes`,
        );
      for (let at = 0; at < bytes.length; ) {
        const length = Math.min(bytes.length - at, chunkStart + chunkBytes - position);
        chunk.set(bytes.subarray(at, at + length), position - chunkStart);
        position += length;
        at += length;
        if (position === chunkStart + chunkBytes) await flush();
      }
    },
    async finish() {
      await flush();
      await flushZeros();
      await device.sync();
    },
    async commit() {
      await device.write(0, head.subarray(0, Math.min(headBytes, device.sizeBytes)));
      await device.sync();
    },
  };
}
