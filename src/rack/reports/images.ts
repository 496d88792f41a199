import type { BootImage } from '../../api/boot-image/schema.ts';
import type { Architecture } from '../../api/fields.ts';
import { names } from '../../api/meta.ts';
import type { DiskImage, EphemeralImage } from '../agent-api/ports.ts';
import type { KnownArtifact } from '../images/ports.ts';

function hexOf(image: BootImage, role: 'Kernel' | 'Initrd' | 'Disk'): string | undefined {
  return image.status?.artifacts?.find((artifact) => artifact.role === role)?.digest.slice('sha256:'.length);
}

/** The imported ephemeral OS for an architecture: the one labelled as preferred, else the first by name. */
export function chooseEphemeralImage(
  images: readonly BootImage[],
  architecture: Architecture,
): EphemeralImage | undefined {
  const preferred = (image: BootImage): boolean => image.metadata.labels?.[names.preferred] === 'true';
  const candidates = images
    .filter((image) => image.spec.purpose === 'Ephemeral' && image.spec.architecture === architecture)
    .sort(
      (a, b) => Number(preferred(b)) - Number(preferred(a)) || (a.metadata.name < b.metadata.name ? -1 : 1),
    );
  for (const image of candidates) {
    const kernelDigest = hexOf(image, 'Kernel');
    const initrdDigest = hexOf(image, 'Initrd');
    if (kernelDigest !== undefined && initrdDigest !== undefined) {
      return { kernelDigest, initrdDigest, kernelArguments: image.spec.kernelArguments ?? [] };
    }
  }
  return undefined;
}

/** An imported image of purpose Disk, as the agent needs it. */
export function diskImageOf(image: BootImage | undefined): DiskImage | undefined {
  const artifact = image?.status?.artifacts?.find((entry) => entry.role === 'Disk');
  const specified = image?.spec.artifacts.find((entry) => entry.role === 'Disk');
  if (image === undefined || artifact === undefined || specified === undefined) return undefined;
  return {
    os: image.spec.os,
    release: image.spec.release,
    digest: artifact.digest.slice('sha256:'.length),
    sizeBytes: artifact.sizeBytes,
    rawSizeBytes: artifact.rawSizeBytes,
    format: specified.format,
  };
}

/** Whether racks never evict the image. Without an ephemeral OS nothing boots. */
export function isPinned({ spec }: BootImage): boolean {
  return spec.pinned ?? spec.purpose === 'Ephemeral';
}

/** What all BootImages say of the artifact of a digest. @param digest 64 hex digits */
export function findArtifact(images: readonly BootImage[], digest: string): KnownArtifact | undefined {
  let found: KnownArtifact | undefined;
  for (const image of images) {
    for (const imported of image.status?.artifacts ?? []) {
      const specified = image.spec.artifacts.find((artifact) => artifact.role === imported.role);
      if (imported.digest !== `sha256:${digest}` || specified === undefined) continue;
      found = {
        source: found?.source ?? specified.source,
        sizeBytes: found?.sizeBytes ?? imported.sizeBytes,
        pinned: (found?.pinned ?? false) || isPinned(image),
        checkedByReader: (found?.checkedByReader ?? true) && imported.role === 'Disk',
      };
    }
  }
  return found;
}

/** All digests of imported images, 64 hex digits each. */
export function importedDigests(images: readonly BootImage[]): { image: BootImage; digests: string[] }[] {
  return images
    .map((image) => ({
      image,
      digests: (image.status?.artifacts ?? []).map((artifact) => artifact.digest.slice('sha256:'.length)),
    }))
    .filter(({ digests }) => digests.length > 0);
}
