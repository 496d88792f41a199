import type { FileHandle } from 'node:fs/promises';

/** Writes all of the bytes at a position, in as many turns as the kernel wants. */
export async function writeAll(file: FileHandle, position: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
