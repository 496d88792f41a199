/** What files begin with, and what is to be said of them when they come where a raw disk is expected. */
const beginnings: readonly { bytes: readonly number[]; what: string }[] = [
  { bytes: [0x51, 0x46, 0x49, 0xfb], what: 'a qcow2 image: convert it with qemu-img convert -O raw' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'packed with zstd: set format: RawZstd' },
  { bytes: [0x1f, 0x8b], what: 'packed with gzip: set format: RawGzip' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], what: 'packed with xz: unpack it, or pack it with zstd' },
  { bytes: [0x42, 0x5a, 0x68], what: 'packed with bzip2: unpack it, or pack it with zstd' },
  { bytes: [0x4b, 0x44, 0x4d, 0x56], what: 'a VMDK image: convert it with qemu-img convert -O raw' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], what: 'a zip archive: unpack it' },
];

/**
 * What bytes that should begin a raw disk are instead; undefined when nothing speaks against them. A disk begins with boot code or
 * zeros, so these few bytes do not come up by chance.
 */
export function notARawDisk(beginning: Uint8Array): string | undefined {
  return beginnings.find(({ bytes }) => bytes.every((byte, index) => beginning[index] === byte))?.what;
}
