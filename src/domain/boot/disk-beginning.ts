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

/** How many bytes of a beginning are looked at. */
export const beginningBytes = 8;

/** How an image of a disk is packed, by its first bytes; `Raw` also for what is none at all: `notARawDisk` says that. */
export function packingOf(beginning: Uint8Array): 'Raw' | 'RawZstd' | 'RawGzip' {
  const is = (bytes: readonly number[]): boolean => bytes.every((byte, index) => beginning[index] === byte);
  if (is([0x28, 0xb5, 0x2f, 0xfd])) return 'RawZstd';
  return is([0x1f, 0x8b]) ? 'RawGzip' : 'Raw';
}

/**
 * Why a file cannot be an image of a disk in this format, in words; undefined: nothing in its first bytes speaks against it.
 */
export function notThatFormat(
  beginning: Uint8Array,
  format: 'Raw' | 'RawZstd' | 'RawGzip',
): string | undefined {
  const packing = packingOf(beginning);
  if (format === 'Raw') return notARawDisk(beginning);
  if (packing === format) return undefined;
  return notARawDisk(beginning) ?? `not packed as ${format} says`;
}
