import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, openSync, readSync, truncateSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { rootStart } from './tiny-image.ts';

export const mebibyte = 1024 * 1024;
const sectorBytes = 512;

/** Makes a disk whose first 64 MiB are 0xaa, so that one sees what was written over; the rest takes no room. */
export function makeDisk(file: string, sizeBytes: number): void {
  writeFileSync(file, Buffer.alloc(64 * mebibyte, 0xaa));
  truncateSync(file, sizeBytes);
}

/** Whether a part of a disk is one byte over and over. */
export function isFilled(file: string, byte: number, position: number, length: number): boolean {
  const bytes = Buffer.alloc(length);
  const handle = openSync(file, 'r');
  const count = readSync(handle, bytes, 0, length, position);
  closeSync(handle);
  return count === length && bytes.every((one) => one === byte);
}

/** What tools that others wrote find on a disk on which the image was installed. */
export interface InstalledDisk {
  /** What sfdisk thinks of the partition table. */
  verdict: string;
  /** The root partition, in bytes from the start of the disk. */
  root: { start: number; end: number };
  /** Size of the file system in it. */
  fileSystemBytes: number;
  /** The meta-data of the NoCloud seed. */
  metaData: string;
}

const Partition = z.object({ start: z.int(), size: z.int() });
const Table = z.object({ partitiontable: z.object({ partitions: z.tuple([Partition, Partition]) }) });

/** Reads from a copy, for the machine still runs. */
export function readInstalled(disk: string): InstalledDisk {
  const copy = `${disk}.installed`;
  copyFileSync(disk, copy);
  const [, root] = Table.parse(JSON.parse(run('sfdisk', '--json', copy))).partitiontable.partitions;
  const files = `${copy}?offset=${rootStart}`;
  const superblock = run('dumpe2fs', '-h', files);
  const number = (label: string): number => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(superblock)?.[1]);
  return {
    verdict: run('sfdisk', '--verify', copy),
    root: { start: root.start * sectorBytes, end: (root.start + root.size) * sectorBytes },
    fileSystemBytes: number('Block count') * number('Block size'),
    metaData: run('debugfs', '-R', 'cat /var/lib/cloud/seed/nocloud/meta-data', files),
  };
}

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
}
