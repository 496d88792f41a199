import { statSync } from 'node:fs';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import packageJson from '../../package.json' with { type: 'json' };
import { cached, cacheRoot, fingerprint, type Inputs } from '../lib/cache.ts';
import { run } from '../lib/run.ts';
import { baseRoots } from './bases.ts';

const repository = join(import.meta.dirname, '..', '..');

/** The image, as an archive that `docker load`, `podman load` and `ctr images import` read. */
export interface ContainerImage {
  archive: string;
  reference: string;
  /** Unpacked, in MiB. */
  sizeMib: number;
}

/** The largest that it may be. */
const limitMib = 400;
const reference = `localhost/metalwright:${packageJson.version}`;

/**
 * Builds the Dockerfile where there is neither a container engine nor a registry: its bases are made of Debian's packages by
 * mmdebstrap, and buildah runs its steps in a chroot. Needs root. What was built of the same sources is found again.
 */
export async function buildContainerImage(suite = 'bookworm'): Promise<ContainerImage> {
  const directory = await cached('container', await inputs(suite), (to) => make(to, suite));
  return describe(directory);
}

/** The image of these sources, when it is built already. */
export async function findContainerImage(suite = 'bookworm'): Promise<ContainerImage | undefined> {
  const directory = join(cacheRoot(), 'images', `container-${await fingerprint(await inputs(suite))}`);
  return describe(directory).catch(() => undefined);
}

async function describe(directory: string): Promise<ContainerImage> {
  const archive = join(directory, 'metalwright.docker.tar');
  return { archive, reference, sizeMib: Math.round((await stat(archive)).size / 2 ** 20) };
}

async function inputs(suite: string): Promise<Inputs> {
  const files = (await sourceFiles()).filter((path) => !path.endsWith('.test.ts'));
  return {
    words: [suite, process.arch, process.version, ...files],
    files: files.map((path) => join(repository, path)),
  };
}

async function make(to: string, suite: string): Promise<void> {
  const root = await baseRoots(suite);
  const work = join(to, 'work');
  await mkdir(work);
  const storage = ['--root', join(work, 'storage'), '--runroot', join(work, 'run')];
  const buildah = (...args: string[]) =>
    run('unshare', ['--mount', 'buildah', ...storage, '--storage-driver', 'vfs', ...args]);
  for (const name of ['base', 'build', 'loaders']) {
    const container = (await buildah('from', '--name', `mw-${name}`, 'scratch')).trim();
    await buildah('add', '--quiet', container, join(root, `${name}.tar`), '/');
    await buildah('commit', '--quiet', container, `localhost/mw-${name}`);
    await buildah('rm', container);
  }
  const npmrc = join(work, 'npmrc');
  const own = join(process.env.HOME ?? '/root', '.npmrc');
  await writeFile(npmrc, await readFile(own).catch(() => ''), { mode: 0o600 });
  const revision = (await run('git', ['-C', repository, 'rev-parse', 'HEAD']).catch(() => '')).trim();
  const values = {
    BASE: 'localhost/mw-base',
    RUNTIME: 'localhost/mw-base',
    BUILD_BASE: 'localhost/mw-build',
    LOADERS: 'localhost/mw-loaders',
    VERSION: packageJson.version,
    REVISION: revision,
  };
  await buildah(
    ...['bud', '--isolation', 'chroot', '--pull-never', '--format', 'docker', '--layers=false'],
    ...['--secret', `id=npmrc,src=${npmrc}`, '--tag', reference],
    ...Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...['--file', join(repository, 'Dockerfile'), await context(work)],
  );
  const archive = join(to, 'metalwright.docker.tar');
  await buildah('push', '--quiet', reference, `docker-archive:${archive}:${reference}`);
  const { sizeMib } = await describe(to);
  if (sizeMib > limitMib) throw new Error(`the image has ${sizeMib} MiB, which is more than ${limitMib}`);
  await rm(work, { recursive: true, force: true });
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

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(JSON.stringify(await buildContainerImage(), undefined, 2));
}
