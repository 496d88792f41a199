import type { BlockDevice } from '../host/block-device.ts';

/** A disk with a cache that forgets: what was not synced may or may not be on the medium when the power goes. */
export interface VolatileDisk {
  /** What a read shows. */
  readonly bytes: Buffer;
  open(): BlockDevice;
  /** Each content that the medium may have if the power went now: nothing of the cache, all of it, or only its last write. */
  afterPowerCut(): Buffer[];
}

export function createVolatileDisk(sizeBytes: number, fill = 0xaa): VolatileDisk {
  const bytes = Buffer.alloc(sizeBytes, fill);
  let medium = Buffer.from(bytes);
  let cache: { position: number; data: Buffer }[] = [];
  const put = (position: number, data: Buffer): void => {
    if (position < 0 || position + data.length > sizeBytes)
      throw new Error('ENOSPC: past the end of the disk');
    data.copy(bytes, position);
    cache.push({ position, data });
  };
  const device: BlockDevice = {
    path: '/dev/sda',
    sizeBytes,
    write: async (position, data) => put(position, Buffer.from(data)),
    zero: async (position, length) => put(position, Buffer.alloc(length)),
    read: async (position, length) => Buffer.from(bytes.subarray(position, position + length)),
    async sync() {
      medium = Buffer.from(bytes);
      cache = [];
    },
    async close() {},
  };
  return {
    bytes,
    open: () => ({ ...device }),
    afterPowerCut() {
      const last = cache.at(-1);
      if (last === undefined) return [medium];
      const torn = Buffer.from(medium);
      last.data.copy(torn, last.position);
      return [medium, Buffer.from(bytes), torn];
    },
  };
}
