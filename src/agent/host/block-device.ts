import { type FileHandle, open } from 'node:fs/promises';
import { openDirectWrites } from './direct-writes.ts';
import { writeAll } from './write-all.ts';

/** A disk that is written and read by position. In bytes. */
export interface BlockDevice {
  readonly path: string;
  readonly sizeBytes: number;
  write(position: number, bytes: Uint8Array): Promise<void>;
  read(position: number, length: number): Promise<Uint8Array>;
  /** Makes the range read as zeros, fast where the disk can. */
  zero(position: number, length: number): Promise<void>;
  /** Everything written is on the medium when this resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What opens a disk of the machine. */
export type OpenBlockDevice = (disk: { name: string; sizeBytes: number }) => Promise<BlockDevice>;

/** Zeroes a range of a block device with BLKZEROOUT; rejects when that fails. Node has no ioctl, so a program does it. */
export type ZeroRange = (path: string, position: number, length: number) => Promise<void>;

const zeros = Buffer.alloc(4 * 1024 * 1024);

/** Below this a write of zeros is quicker than the start of a program. */
const worthAProgram = 32 * 1024 * 1024;

export async function openBlockDevice(
  path: string,
  sizeBytes: number,
  zeroRange: ZeroRange | undefined,
): Promise<BlockDevice> {
  const file = await open(path, 'r+');
  const direct = await openDirectWrites(path);
  return {
    path,
    sizeBytes,
    async write(position, bytes) {
      if (!(await direct.tryWrite(position, bytes))) await writeAll(file, position, bytes);
    },
    read: (position, length) => readAll(file, position, length),
    async zero(position, length) {
      if (zeroRange !== undefined && length >= worthAProgram) {
        // What is still in the cache would otherwise come after the zeros.
        await file.datasync();
        return zeroRange(path, position, length);
      }
      for (let at = 0; at < length; at += zeros.length)
        await writeAll(file, position + at, zeros.subarray(0, Math.min(zeros.length, length - at)));
    },
    sync: () => file.sync(),
    async close() {
      await direct.close();
      await file.close();
    },
  };
}

async function readAll(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}
