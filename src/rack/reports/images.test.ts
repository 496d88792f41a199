import { describe, expect, it } from 'vitest';
import { aBootImage } from '../../../test/fixtures/objects.ts';
import type { BootImage } from '../../api/boot-image/schema.ts';
import { chooseEphemeralImage, diskImageOf, findArtifact, importedDigests } from './images.ts';

const digit = (letter: string): string => letter.repeat(64);

function ephemeral(
  name: string,
  letter: string,
  given: { preferred?: boolean; imported?: boolean; arm?: boolean } = {},
) {
  const { preferred = false, imported = true, arm = false } = given;
  const file = (path: string) => ({ file: { path } });
  return aBootImage({
    name,
    metadata: preferred ? { labels: { 'metalwright.dev/preferred': 'true' } } : {},
    spec: {
      purpose: 'Ephemeral',
      architecture: arm ? 'arm64' : 'amd64',
      kernelArguments: ['quiet'],
      artifacts: [
        { role: 'Kernel', source: file('/images/vmlinuz'), format: 'Raw' },
        { role: 'Initrd', source: file('/images/initrd'), format: 'Raw' },
      ],
    },
    status: imported
      ? {
          artifacts: [
            { role: 'Kernel', digest: `sha256:${digit(letter)}`, sizeBytes: 1 },
            { role: 'Initrd', digest: `sha256:${digit('f')}`, sizeBytes: 2 },
          ],
        }
      : undefined,
  });
}

const disk = aBootImage({
  name: 'debian-12',
  spec: {
    artifacts: [{ role: 'Disk', source: { http: { url: 'http://example.com/d.zst' } }, format: 'RawZstd' }],
  },
  status: {
    artifacts: [{ role: 'Disk', digest: `sha256:${digit('d')}`, sizeBytes: 10, rawSizeBytes: 100 }],
  },
});

describe('the ephemeral OS for an architecture', () => {
  it.each<[string, BootImage[], string | undefined]>([
    ['is the imported one', [disk, ephemeral('a', 'a')], 'a'],
    ['is the first by name of several', [ephemeral('b', 'b'), ephemeral('a', 'a')], 'a'],
    [
      'is the preferred one before that',
      [ephemeral('a', 'a'), ephemeral('b', 'b', { preferred: true })],
      'b',
    ],
    [
      'is another one while the preferred one is being imported',
      [ephemeral('a', 'a'), ephemeral('b', 'b', { preferred: true, imported: false })],
      'a',
    ],
    ['is none of another architecture', [ephemeral('a', 'a', { arm: true })], undefined],
    ['is none while none is imported', [ephemeral('a', 'a', { imported: false })], undefined],
  ])('%s', (_sentence, images, letter) => {
    const expected =
      letter === undefined
        ? undefined
        : { kernelDigest: digit(letter), initrdDigest: digit('f'), kernelArguments: ['quiet'] };
    expect(chooseEphemeralImage(images, 'amd64')).toEqual(expected);
  });
});

describe('an image to install', () => {
  it('is as its BootImage says', () => {
    expect(diskImageOf(disk)).toEqual({
      os: 'debian',
      release: '12',
      digest: digit('d'),
      sizeBytes: 10,
      rawSizeBytes: 100,
      format: 'RawZstd',
    });
  });

  it.each([
    ['there is none of the name', undefined],
    ['it is not imported', aBootImage()],
    ['it is no disk', ephemeral('a', 'a')],
  ])('is unknown when %s', (_sentence, image) => {
    expect(diskImageOf(image)).toBeUndefined();
  });
});

describe('the artifact of a digest', () => {
  it('comes from where its BootImage says', () => {
    expect(findArtifact([ephemeral('a', 'a'), disk], digit('d'))).toEqual({
      source: { http: { url: 'http://example.com/d.zst' } },
      sizeBytes: 10,
      pinned: false,
      checkedByReader: true,
    });
    expect(findArtifact([ephemeral('a', 'a')], digit('f'))?.source).toEqual({
      file: { path: '/images/initrd' },
    });
  });

  it('is pinned when one of its images is, and checked by the rack when one of them boots it', () => {
    const pinned = { ...disk, spec: { ...disk.spec, pinned: true } };
    const loose = ephemeral('a', 'a');
    expect(findArtifact([disk, pinned], digit('d'))).toMatchObject({ pinned: true, checkedByReader: true });
    expect(findArtifact([loose], digit('f'))).toMatchObject({ pinned: true, checkedByReader: false });
    const unpinned = { ...loose, spec: { ...loose.spec, pinned: false } };
    expect(findArtifact([unpinned], digit('f'))).toMatchObject({ pinned: false });
  });

  it('is unknown when no image was imported with it', () => {
    expect(findArtifact([disk], digit('0'))).toBeUndefined();
  });

  it('is listed for every image that is imported', () => {
    expect(
      importedDigests([aBootImage(), disk]).map(({ image, digests }) => [image.metadata.name, digests]),
    ).toEqual([['debian-12', [digit('d')]]]);
  });
});
