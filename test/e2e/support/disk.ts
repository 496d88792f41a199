import { open } from 'node:fs/promises';
import { run } from '../../../lab/process/run.ts';

/** What blkid's library finds on a disk file: partition tables, file systems, RAID members. Empty for a wiped one. */
export async function signaturesOn(path: string): Promise<string[]> {
  const found = await run('wipefs', ['--no-act', '--noheadings', '--output', 'TYPE', path]);
  return found.split('\n').filter((type) => type !== '');
}

/** Where the first byte lies that is not zero, `undefined` when the whole disk is zeros. */
export async function firstByteLeft(path: string): Promise<number | undefined> {
  const zeros = Buffer.alloc(16 * 1024 * 1024);
  const buffer = Buffer.alloc(zeros.length);
  const file = await open(path);
  try {
    for (let position = 0; ; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return undefined;
      const chunk = buffer.subarray(0, bytesRead);
      if (chunk.compare(zeros, 0, bytesRead) !== 0) return position + chunk.findIndex((byte) => byte !== 0);
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}
