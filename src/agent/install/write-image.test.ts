import { createHash, randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ImageFormat } from '../contract.ts';
import { createMemoryDevice, type MemoryDevice } from '../testing/memory-device.ts';
import { headBytes } from './image-writer.ts';
import { writeImage } from './write-image.ts';

const mebibyte = 1024 * 1024;
const raw = Buffer.concat([
  randomBytes(3 * mebibyte),
  Buffer.alloc(9 * mebibyte),
  randomBytes(2 * mebibyte + 512),
  Buffer.alloc(mebibyte),
]);
const packed: Record<ImageFormat, Buffer> = {
  Raw: raw,
  RawGzip: gzipSync(raw, { level: 1 }),
  RawZstd: zstdCompressSync(raw),
};

interface Setup {
  format?: ImageFormat;
  file?: Buffer;
  sha256?: string;
  rawSizeBytes?: number | undefined;
  device?: MemoryDevice;
}

async function run(setup: Setup): Promise<{ device: MemoryDevice; failure: unknown }> {
  const { format = 'Raw', device = createMemoryDevice(32 * mebibyte) } = setup;
  const file = setup.file ?? packed[format];
  const image = {
    path: '/images/x',
    format,
    sha256: setup.sha256 ?? createHash('sha256').update(file).digest('hex'),
    sizeBytes: file.length,
    ...('rawSizeBytes' in setup ? { rawSizeBytes: setup.rawSizeBytes } : { rawSizeBytes: raw.length }),
  };
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < file.length; at += 100_000) yield file.subarray(at, at + 100_000);
  };
  const failure = await writeImage(
    image,
    pieces(),
    device,
    { report() {} },
    new AbortController().signal,
  ).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { device, failure };
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

describe('an image', () => {
  it.each<ImageFormat>(['Raw', 'RawGzip', 'RawZstd'])('is on the disk byte for byte: %s', async (format) => {
    const { device, failure } = await run({ format });
    expect(failure).toBeUndefined();
    expect(Buffer.from(device.bytes.subarray(0, raw.length)).equals(raw)).toBe(true);
  });

  it('may be packed in several zstd frames', async () => {
    const half = 6 * mebibyte;
    const file = Buffer.concat([
      zstdCompressSync(raw.subarray(0, half)),
      zstdCompressSync(raw.subarray(half)),
    ]);
    const { device, failure } = await run({ format: 'RawZstd', file });
    expect(failure).toBeUndefined();
    expect(Buffer.from(device.bytes.subarray(0, raw.length)).equals(raw)).toBe(true);
  });

  it('is written with its head last, when all the rest is on the medium', async () => {
    const { device } = await run({});
    const head = device.log.indexOf(`write 0+${headBytes}`);
    expect(device.log.slice(head - 1)).toEqual(['sync', `write 0+${headBytes}`, 'sync']);
    expect(device.log.slice(0, 2)).toEqual([`zero 0+${headBytes}`, `zero ${31 * mebibyte}+${headBytes}`]);
  });

  it('leaves its large holes to the disk', async () => {
    const { device } = await run({});
    expect(device.log).toContain(`zero ${4 * mebibyte}+${8 * mebibyte}`);
  });

  it('may be smaller than one chunk, and end anywhere', async () => {
    const file = randomBytes(70_001);
    const { device, failure } = await run({ file, rawSizeBytes: 70_001 });
    expect(failure).toBeUndefined();
    expect(Buffer.from(device.bytes.subarray(0, file.length)).equals(file)).toBe(true);
  });
});

describe('a bad image', () => {
  const cut = packed.RawZstd.subarray(0, packed.RawZstd.length - 5000);
  const flipped = Buffer.from(packed.RawZstd);
  flipped.fill(0xff, 8, 40);
  it.each<[string, Setup, string]>([
    ['another digest', { sha256: 'ab'.repeat(32) }, 'ImageDigestMismatch'],
    ['another digest, packed', { format: 'RawZstd', sha256: 'ab'.repeat(32) }, 'ImageDigestMismatch'],
    [
      'damaged on the way',
      { format: 'RawZstd', file: flipped, sha256: 'ab'.repeat(32) },
      'ImageDigestMismatch',
    ],
    ['damaged before its digest was taken', { format: 'RawZstd', file: flipped }, 'ImageCorrupt'],
    ['cut off before its digest was taken', { format: 'RawZstd', file: cut }, 'ImageCorrupt'],
    ['no archive at all', { format: 'RawGzip', file: randomBytes(50_000) }, 'ImageCorrupt'],
    ['another size when unpacked', { format: 'RawGzip', rawSizeBytes: 5 }, 'ImageCorrupt'],
    [
      'larger than the disk',
      { device: createMemoryDevice(12 * mebibyte), rawSizeBytes: undefined },
      'ImageTooLarge',
    ],
  ])('is named, and the disk does not boot: %s', async (_name, setup, code) => {
    const { device, failure } = await run(setup);
    expect(failure).toMatchObject({ code });
    expect(isZero(device.bytes.subarray(0, headBytes))).toBe(true);
  });

  it('is told apart from a disk that fails', async () => {
    const device = createMemoryDevice(32 * mebibyte);
    device.write = () => Promise.reject(new Error('EIO: i/o error'));
    expect((await run({ device })).failure).toMatchObject({ code: 'DiskWriteFailed' });
  });

  it('tells the digests in its message', async () => {
    const { failure } = await run({ sha256: 'ab'.repeat(32) });
    expect(String(failure)).toContain(`expected SHA-256 ${'ab'.repeat(32)}`);
  });
});
