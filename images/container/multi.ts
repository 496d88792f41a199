import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { architectures } from '../lib/architecture.ts';
import { cached, cacheRoot, fingerprint, type Inputs } from '../lib/cache.ts';
import { buildContainerImage, type ContainerImage, findContainerImage, reference } from './build.ts';
import { buildahIn } from './buildah.ts';

/** One image of every architecture, and all of them below one name: an OCI archive with an image index. */
export interface ContainerImages {
  archive: string;
  reference: string;
  images: readonly ContainerImage[];
}

const file = `metalwright-${packageJson.version}.oci.tar`;

/** Builds the image for every architecture, and what is pushed to a registry as one. Needs root. */
export async function buildContainerImages(): Promise<ContainerImages> {
  const images: ContainerImage[] = [];
  for (const architecture of architectures) images.push(await buildContainerImage(architecture));
  const directory = await cached('container-index', inputs(images), (to) => make(to, images));
  return { archive: join(directory, file), reference, images };
}

/** The same of these sources, when it is built already. */
export async function findContainerImages(): Promise<ContainerImages | undefined> {
  const found = await Promise.all(architectures.map((each) => findContainerImage(each)));
  const images = found.filter((each) => each !== undefined);
  if (images.length < architectures.length) return undefined;
  const directory = join(cacheRoot(), 'images', `container-index-${await fingerprint(inputs(images))}`);
  const archive = join(directory, file);
  return existsSync(archive) ? { archive, reference, images } : undefined;
}

function inputs(images: readonly ContainerImage[]): Inputs {
  return { words: images.map(({ archive }) => basename(dirname(archive))), files: [import.meta.filename] };
}

async function make(to: string, images: readonly ContainerImage[]): Promise<void> {
  const work = join(to, 'work');
  await mkdir(work);
  const buildah = buildahIn(work);
  await buildah('manifest', 'create', 'all');
  for (const { archive, architecture } of images) {
    const id = (await buildah('pull', '--quiet', `docker-archive:${archive}`)).trim();
    await buildah('manifest', 'add', '--arch', architecture, 'all', id);
  }
  const archive = `oci-archive:${join(to, file)}:${reference}`;
  await buildah('manifest', 'push', '--all', '--format', 'oci', 'all', archive);
  await rm(work, { recursive: true, force: true });
}
