import { statSync } from 'node:fs';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { type Architecture, ownArchitecture } from '../lib/architecture.ts';
import { cached, cacheRoot, fingerprint, type Inputs } from '../lib/cache.ts';
import { run } from '../lib/run.ts';
import { containerBases } from './bases.ts';
import { type Buildah, buildahIn } from './buildah.ts';

const repository = join(import.meta.dirname, '..', '..');

/** The image, as an archive that `docker load`, `podman load` and `ctr images import` read. */
export interface ContainerImage {
  archive: string;
  architecture: Architecture;
  /** The same for every architecture. */
  reference: string;
  /** Unpacked, in MiB. */
  sizeMib: number;
}

/** The largest that it may be. */
const limitMib = 400;
/** What the image is called in its archives. */
export const reference = `localhost/metalwright:${packageJson.version}`;

/**
 * Builds the Dockerfile where there is neither a container engine nor a registry: its bases are made of Debian's packages by
 * mmdebstrap, and buildah runs its steps in a chroot. None of its steps runs a program of another architecture. Needs root. What
 * was built of the same sources is found again.
 */
export async function buildContainerImage(
  architecture: Architecture = ownArchitecture(),
  suite = 'bookworm',
): Promise<ContainerImage> {
  const directory = await cached('container', await inputs(suite, architecture), (to) =>
    make(to, suite, architecture),
  );
  return describe(directory, architecture);
}

/** The image of these sources, when it is built already. */
export async function findContainerImage(
  architecture: Architecture = ownArchitecture(),
  suite = 'bookworm',
): Promise<ContainerImage | undefined> {
  const name = `container-${await fingerprint(await inputs(suite, architecture))}`;
  return describe(join(cacheRoot(), 'images', name), architecture).catch(() => undefined);
}

async function describe(directory: string, architecture: Architecture): Promise<ContainerImage> {
  const archive = join(directory, `metalwright-${packageJson.version}-${architecture}.docker.tar`);
  const sizeMib = Math.round((await stat(archive)).size / 2 ** 20);
  return { archive, architecture, reference, sizeMib };
}

async function inputs(suite: string, architecture: Architecture): Promise<Inputs> {
  const files = (await sourceFiles()).filter((path) => !path.endsWith('.test.ts'));
  return {
    words: [suite, process.arch, architecture, process.version, ...files],
    files: files.map((path) => join(repository, path)),
  };
}

async function make(to: string, suite: string, architecture: Architecture): Promise<void> {
  const archives = await containerBases(suite, architecture);
  const work = join(to, 'work');
  await mkdir(work);
  const buildah = buildahIn(work);
  const own = ownArchitecture();
  const base = await imported(buildah, archives.base, architecture);
  const bases = {
    BASE: base,
    RUNTIME: base,
    NODE: await imported(buildah, archives.node, architecture),
    BUILD_BASE: await imported(buildah, archives.build, own),
    LOADERS: await imported(buildah, archives.loaders, own),
  };
  const npmrc = join(work, 'npmrc');
  const ownNpmrc = join(process.env.HOME ?? '/root', '.npmrc');
  await writeFile(npmrc, await readFile(ownNpmrc).catch(() => ''), { mode: 0o600 });
  const revision = (await run('git', ['-C', repository, 'rev-parse', 'HEAD']).catch(() => '')).trim();
  const values = { ...bases, VERSION: packageJson.version, REVISION: revision };
  await buildah(
    ...['bud', '--isolation', 'chroot', '--pull-never', '--format', 'docker', '--layers=false'],
    ...['--platform', `linux/${architecture}`],
    ...['--secret', `id=npmrc,src=${npmrc}`, '--tag', reference],
    ...Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...['--file', join(repository, 'Dockerfile'), await context(work)],
  );
  const archive = join(to, `metalwright-${packageJson.version}-${architecture}.docker.tar`);
  await buildah('push', '--quiet', reference, `docker-archive:${archive}:${reference}`);
  const { sizeMib } = await describe(to, architecture);
  if (sizeMib > limitMib) throw new Error(`the image has ${sizeMib} MiB, which is more than ${limitMib}`);
  await rm(work, { recursive: true, force: true });
}

/** An image of an archive, by its id: buildah 1.28 finds none by a name when it is of another architecture than what is built. */
async function imported(buildah: Buildah, archive: string, architecture: Architecture): Promise<string> {
  const container = (await buildah('from', 'scratch')).trim();
  await buildah('add', '--quiet', container, archive, '/');
  await buildah('config', '--arch', architecture, container);
  return (await buildah('commit', '--quiet', '--rm', container)).trim();
}

/** What is in the repository and goes into the image, and nothing that merely lies about in the checkout. */
async function sourceFiles(): Promise<string[]> {
  const without = ['lab', 'test', 'bench', 'docs', 'charts', 'images'].map((name) => `:!${name}`);
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const places = ['--', '.', ...without];
  const found = await run('git', ['-C', repository, ...list, ...places]);
  const own = await run('git', ['-C', repository, ...list, '--', 'images/container']);
  const paths = [...found.split('\n'), ...own.split('\n')].filter((path) => path !== '');
  return paths.filter((path) => statSync(join(repository, path), { throwIfNoEntry: false })?.isFile()).sort();
}

async function context(work: string): Promise<string> {
  const folder = join(work, 'context');
  await mkdir(folder);
  for (const path of await sourceFiles()) {
    await cp(join(repository, path), join(folder, path), { recursive: true });
  }
  return folder;
}
