import { describe, expect, it } from 'vitest';
import type { BootImage } from '../../../../src/api/boot-image/schema.ts';
import { emptyImage, formatOf, newImage } from './new-image.ts';
import { imageState, storedBytes } from './state.ts';

const lastTransitionTime = '2026-01-01T00:00:00Z';
const image = (
  status?: BootImage['status'],
  deletionTimestamp?: string,
): Pick<BootImage, 'metadata' | 'status'> => ({
  metadata: { name: 'debian-12', ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
  ...(status === undefined ? {} : { status }),
});
const ready = (status: 'True' | 'False', reason: string) =>
  image({ conditions: [{ type: 'Ready', status, reason, message: 'said', lastTransitionTime }] });

describe('an image', () => {
  it.each([
    ['nobody has looked at is new', image(), 'New', 'quiet'],
    ['that is imported is ready', ready('True', 'Imported'), 'Ready', 'ok'],
    ['that is being imported is busy', ready('False', 'Importing'), 'Importing', 'busy'],
    ['that cannot be is bad', ready('False', 'ImportFailed'), 'Import failed', 'bad'],
    ['that goes is busy', image({}, lastTransitionTime), 'Being deleted', 'busy'],
  ] as const)('%s', (_, given, words, tone) => expect(imageState(given)).toMatchObject({ words, tone }));

  it('takes what all of its files take', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const artifacts = [
      { role: 'Kernel' as const, digest, sizeBytes: 1 },
      { role: 'Initrd' as const, digest, sizeBytes: 2 },
    ];
    expect(storedBytes(image({ artifacts }))).toBe(3);
    expect(storedBytes(image({}))).toBeUndefined();
  });
});

describe('the form', () => {
  it.each([
    ['https://x/debian.raw.zst', 'RawZstd'],
    ['https://x/debian.raw.gz?token=1', 'RawGzip'],
    ['https://x/debian.img', 'Raw'],
    ['https://x/a.zst/debian.img', 'Raw'],
  ])('takes %s for %s', (url, format) => expect(formatOf(url)).toBe(format));

  it('makes an image, with the digest that was given', () => {
    const digest = 'AB'.repeat(32);
    expect(newImage({ ...emptyImage, name: ' debian-12 ', url: 'https://x/d.raw', digest })).toMatchObject({
      metadata: { name: 'debian-12' },
      spec: { purpose: 'Disk', artifacts: [{ format: 'Raw', digest: `sha256:${'ab'.repeat(32)}` }] },
    });
    expect(JSON.stringify(newImage(emptyImage))).not.toContain('digest');
  });
});
