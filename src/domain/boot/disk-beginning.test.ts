import { describe, expect, it } from 'vitest';
import { notThatFormat, packingOf } from './disk-beginning.ts';

const zstd = [0x28, 0xb5, 0x2f, 0xfd];
const gzip = [0x1f, 0x8b, 8, 0];

describe('the first bytes of an image', () => {
  it.each([
    ['zstd', zstd, 'RawZstd'],
    ['gzip', gzip, 'RawGzip'],
    ['a boot sector', [0xeb, 0x63, 0x90, 0x10], 'Raw'],
    ['nothing', [], 'Raw'],
  ])('of %s say how it is packed', (_what, bytes, format) => {
    expect(packingOf(Uint8Array.from(bytes))).toBe(format);
  });

  it.each([
    ['zstd', zstd, 'RawZstd', undefined],
    ['gzip', gzip, 'RawGzip', undefined],
    ['a disk', [0, 0, 0, 0], 'Raw', undefined],
    ['zstd', zstd, 'Raw', 'packed with zstd: set format: RawZstd'],
    ['gzip', gzip, 'RawZstd', 'packed with gzip: set format: RawGzip'],
    ['a disk', [0, 0, 0, 0], 'RawGzip', 'not packed as RawGzip says'],
    ['qcow2', [0x51, 0x46, 0x49, 0xfb], 'RawZstd', 'a qcow2 image: convert it with qemu-img convert -O raw'],
  ] as const)('of %s are compared with the format that was said', (_what, bytes, format, wrong) => {
    expect(notThatFormat(Uint8Array.from(bytes), format)).toBe(wrong);
  });
});
