import { open } from 'node:fs/promises';

/** A disk that is read only: opened so, the kernel takes no write through it. In bytes. */
export interface DiskReader {
  /** @returns fewer bytes at the end of the disk */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export type OpenDiskReader = (disk: { name: string }) => Promise<DiskReader>;

export const openDiskReader: OpenDiskReader = async ({ name }) => {
  const file = await open(`/dev/${name}`, 'r');
  return {
    async read(position, length) {
      const bytes = Buffer.alloc(length);
      const { bytesRead } = await file.read(bytes, 0, length, position);
      return bytes.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
};
