import { join } from 'node:path';
import { run } from '../lib/run.ts';

/** Runs buildah once and returns what it printed. Throws what `run` throws. */
export type Buildah = (...args: string[]) => Promise<string>;

/** Buildah with a storage of its own below a folder, which goes with the folder. Needs root. */
export function buildahIn(folder: string): Buildah {
  const storage = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run')];
  return (...args) => run('unshare', ['--mount', 'buildah', ...storage, '--storage-driver', 'vfs', ...args]);
}
