import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../lib/cache.ts';
import { run } from '../lib/run.ts';

/** The image that holds a pod's namespaces, as an archive that `ctr images import` reads. */
export interface PauseImage {
  archive: string;
  reference: string;
}

const reference = 'localhost/metalwright-pause:1';
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Builds an image that does nothing, of Debian's static busybox: nodes need one, and no registry may be in reach. Needs root. */
export async function buildPauseImage(suite = 'bookworm'): Promise<PauseImage> {
  const inputs = { words: [suite, process.arch], files: [import.meta.filename] };
  const directory = await cached('pause', inputs, (to) => make(to, suite));
  return { archive: join(directory, 'pause.docker.tar'), reference };
}

async function make(to: string, suite: string): Promise<void> {
  const root = join(to, 'root');
  await run('unshare', [
    ...['--mount', 'mmdebstrap', '--quiet', '--mode=root', '--variant=extract', '--components=main'],
    ...['--include=busybox-static', suite, root],
  ]);
  const tree = join(to, 'tree');
  await mkdir(join(tree, 'bin'), { recursive: true });
  await copyFile(join(root, 'bin', 'busybox'), join(tree, 'bin', 'busybox'));
  const archive = join(to, 'archive');
  await mkdir(archive);
  await tar(join(archive, 'layer.tar'), tree, ['bin']);
  const digest = createHash('sha256')
    .update(await readFile(join(archive, 'layer.tar')))
    .digest('hex');
  const config = {
    architecture: architectures[process.arch] ?? process.arch,
    os: 'linux',
    config: { Entrypoint: ['/bin/busybox', 'sleep', '2147483647'], User: '65535:65535' },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  };
  await writeFile(join(archive, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [reference], Layers: ['layer.tar'] }];
  await writeFile(join(archive, 'manifest.json'), JSON.stringify(manifest));
  await tar(join(to, 'pause.docker.tar'), archive, ['manifest.json', 'config.json', 'layer.tar']);
  for (const folder of [root, tree, archive]) await rm(folder, { recursive: true, force: true });
}

function tar(path: string, folder: string, members: readonly string[]): Promise<string> {
  return run('tar', [
    ...['--create', '--file', path, '--directory', folder, '--sort=name', '--mtime=@0'],
    ...['--numeric-owner', '--owner=0', '--group=0', ...members],
  ]);
}
