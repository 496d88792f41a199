import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { writeAll } from './write-all.ts';

/** The part that is used here; Node's types know the name alone. */
declare const WebAssembly: { Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer } };

/** Both the position and the length of a direct write are multiples of this: no disk has larger sectors. In bytes. */
const alignment = 4096;
const stagingBytes = 4 * 1024 * 1024;
const pageBytes = 64 * 1024;

/** Writes that go from memory to the disk without a stop in the page cache. */
export interface DirectWrites {
  /** Writes all of it, or nothing and says false: the range is not aligned, or the disk does not take such writes. */
  tryWrite(position: number, bytes: Uint8Array): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * O_DIRECT (open(2)) for what is written once and not read again, an image above all: on a machine of 1 GiB the page cache costs more
 * time than the disk does. One write at a time goes this way. A file system that knows no direct writes gets none.
 */
export async function openDirectWrites(path: string): Promise<DirectWrites> {
  let file: FileHandle | undefined = await open(path, constants.O_WRONLY | constants.O_DIRECT).catch(
    () => undefined,
  );
  // Direct writes need memory that is aligned, which of all that JavaScript can ask for is WebAssembly's alone.
  const staging = Buffer.from(new WebAssembly.Memory({ initial: stagingBytes / pageBytes }).buffer);
  let busy = false;

  return {
    async tryWrite(position, bytes) {
      const { length } = bytes;
      if (file === undefined || busy || length > stagingBytes) return false;
      if (length === 0 || position % alignment !== 0 || length % alignment !== 0) return false;
      busy = true;
      try {
        staging.set(bytes);
        await writeAll(file, position, staging.subarray(0, length));
        return true;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        await file.close();
        file = undefined;
        return false;
      } finally {
        busy = false;
      }
    },
    close: async () => file?.close(),
  };
}

/** EINVAL: the memory or the range is not aligned as this disk wants it. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EINVAL';
}
