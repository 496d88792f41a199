import type { BlockDevice } from '../host/block-device.ts';

/** A disk in memory, filled with what a used disk holds: anything but zeros. */
export interface MemoryDevice extends BlockDevice {
  readonly bytes: Uint8Array;
  /** What was done to it, in order: `write 0+4096`. */
  readonly log: string[];
}

export function createMemoryDevice(sizeBytes: number, fill = 0xaa): MemoryDevice {
  const bytes = new Uint8Array(sizeBytes).fill(fill);
  const log: string[] = [];
  const inside = (position: number, length: number): void => {
    if (position < 0 || position + length > sizeBytes) throw new Error('ENOSPC: past the end of the disk');
  };
  return {
    path: '/dev/memory',
    sizeBytes,
    bytes,
    log,
    async write(position, data) {
      inside(position, data.length);
      log.push(`write ${position}+${data.length}`);
      bytes.set(data, position);
    },
    async read(position, length) {
      return bytes.slice(position, position + length);
    },
    async zero(position, length) {
      inside(position, length);
      log.push(`zero ${position}+${length}`);
      bytes.fill(0, position, position + length);
    },
    async sync() {
      log.push('sync');
    },
    async close() {
      log.push('close');
    },
  };
}
