import type { Disk } from '../inventory/types.ts';

/** A part of a disk, in bytes. */
export interface Range {
  position: number;
  length: number;
}

/** How much of each end of a disk a quick erase zeroes: partition tables, boot loaders, RAID and file system headers. */
export const endBytes = 16 * 1024 * 1024;

/** Disks that are erased: every one that is built in. What is removable belongs to whoever put it in. */
export function disksToErase(disks: readonly Disk[]): Disk[] {
  return disks.filter(({ removable }) => !removable);
}

/** Both ends of a disk; one range when they meet. */
export function endsOf(sizeBytes: number): Range[] {
  if (sizeBytes <= 2 * endBytes) return [{ position: 0, length: sizeBytes }];
  return [
    { position: 0, length: endBytes },
    { position: sizeBytes - endBytes, length: endBytes },
  ];
}

/** The whole disk in slices, so that progress can be told and an abort is heard. */
export function slicesOf(sizeBytes: number, sliceBytes: number): Range[] {
  const count = Math.ceil(sizeBytes / sliceBytes);
  return Array.from({ length: count }, (_, index) => ({
    position: index * sliceBytes,
    length: Math.min(sliceBytes, sizeBytes - index * sliceBytes),
  }));
}

const sampleBytes = 1024 * 1024;

/**
 * Where a full erase is checked: both ends, and one sample somewhere in each of `count` equal parts.
 *
 * @param random in [0, 1), drawn anew for each sample
 */
export function samplesOf(sizeBytes: number, count: number, random: () => number): Range[] {
  const part = Math.floor(sizeBytes / count);
  if (part <= sampleBytes) return slicesOf(sizeBytes, sampleBytes);
  const inside = Array.from({ length: count }, (_, index) => {
    const offset = Math.floor((random() * (part - sampleBytes)) / 4096) * 4096;
    return { position: Math.floor((index * part + offset) / 4096) * 4096, length: sampleBytes };
  });
  return [...endsOf(sizeBytes), ...inside];
}

/** Where the first byte that is not zero lies, counted from the start of the bytes. */
export function firstNonZero(bytes: Uint8Array): number | undefined {
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 8));
  const word = words.findIndex((value) => value !== 0n);
  const from = word === -1 ? words.length * 8 : word * 8;
  const index = bytes.subarray(from).findIndex((value) => value !== 0);
  return index === -1 ? undefined : from + index;
}
