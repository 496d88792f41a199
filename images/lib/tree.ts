import { copyFile, lstat, mkdir, readlink, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from './run.ts';

/** Copies a file, or a link with what it points at, from one root folder to the same place in another. */
export async function copyInto(from: string, to: string, path: string): Promise<void> {
  const source = join(from, path);
  const target = join(to, path);
  if (await present(target)) return;
  await mkdir(dirname(target), { recursive: true });
  if ((await lstat(source)).isSymbolicLink()) {
    const link = await readlink(source);
    await symlink(link, target);
    return copyInto(from, to, link.startsWith('/') ? link.slice(1) : join(dirname(path), link));
  }
  await copyFile(source, target);
}

/** The shared libraries that a program of a root folder loads, the dynamic loader among them; asked of that loader itself. */
export async function librariesOf(root: string, program: string): Promise<string[]> {
  const listed = await run('chroot', [root, '/lib64/ld-linux-x86-64.so.2', '--list', `/${program}`]);
  const paths = listed.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm);
  return [...new Set([...paths].map((match) => (match[1] ?? '').slice(1)))];
}

/** Copies programs and everything that they load. */
export async function copyPrograms(from: string, to: string, programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    await copyInto(from, to, program);
    for (const library of await librariesOf(from, program)) await copyInto(from, to, library);
  }
}

async function present(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
