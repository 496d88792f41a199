import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { withLock } from './lock.ts';
import { run } from './run.ts';

/** The folder of everything that can be made again. */
export function cacheRoot(): string {
  const own = process.env.METALWRIGHT_CACHE;
  if (own !== undefined && own !== '') return own;
  const xdg = process.env.XDG_CACHE_HOME;
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'metalwright');
}

/** What a product is made from: words, and files whose content counts. */
export interface Inputs {
  words: readonly string[];
  files: readonly string[];
}

/** 16 hexadecimal digits that name the content of the inputs. */
export async function fingerprint(inputs: Inputs): Promise<string> {
  const hash = createHash('sha256');
  for (const word of inputs.words) hash.update(`${word}\0`);
  for (const file of inputs.files) hash.update(await readFile(file)).update('\0');
  return hash.digest('hex').slice(0, 16);
}

/**
 * The folder `<cache>/images/<name>-<fingerprint>`, made by `make` in a folder beside it when it is not there yet. Of two
 * builders at once the second waits for what the first makes.
 */
export async function cached(
  name: string,
  inputs: Inputs,
  make: (directory: string) => Promise<void>,
): Promise<string> {
  const directory = join(cacheRoot(), 'images', `${name}-${await fingerprint(inputs)}`);
  if (await exists(directory)) return directory;
  await withLock(`${directory}.lock`, async () => {
    if (await exists(directory)) return;
    await removeUnfinished(directory);
    const unfinished = `${directory}.${process.pid}.tmp`;
    await mkdir(unfinished, { recursive: true });
    try {
      await make(unfinished);
      await rename(unfinished, directory);
    } finally {
      await removeTree(unfinished);
    }
  });
  return directory;
}

/** What builders that were killed have left. */
async function removeUnfinished(directory: string): Promise<void> {
  const [parent, name] = [dirname(directory), basename(directory)];
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(`${name}.`) || !entry.endsWith('.tmp')) continue;
    await removeTree(join(parent, entry));
  }
}

/** Removes a folder, but nothing of what a builder that was killed has left mounted in it: the host's /dev and /proc, say. */
async function removeTree(path: string): Promise<void> {
  for (const point of await mountPointsIn(path)) await run('umount', [point]);
  await rm(path, { recursive: true, force: true });
}

/** The latest first. */
async function mountPointsIn(path: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return table
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '))
    .filter((point) => point.startsWith(`${path}/`))
    .reverse();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A file of an image, as a BootImage or a rack names it. */
export interface Artifact {
  path: string;
  sizeBytes: number;
  sha256: string;
}

/** Size and digest of a file; the digest is kept beside it, so the second time costs nothing. */
export async function describeArtifact(path: string): Promise<Artifact> {
  const { size } = await stat(path);
  const kept = await readFile(`${path}.sha256`, 'utf8').catch(() => '');
  const sha256 = /^[0-9a-f]{64}$/.test(kept.trim()) ? kept.trim() : await digest(path);
  if (kept === '') await writeFile(`${path}.sha256`, `${sha256}\n`);
  return { path, sizeBytes: size, sha256 };
}

async function digest(path: string): Promise<string> {
  const hash: Hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}
