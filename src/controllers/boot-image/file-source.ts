import { constants } from 'node:fs';
import { open, readlink, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { isInside } from '../../domain/boot/file-source.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { importError } from './errors.ts';

/** The bytes of a source, and how many they will be, when it says so. */
export interface Source {
  stream: Readable;
  totalBytes: number | undefined;
}

/**
 * Opens a regular file of the image directories. A device or pipe would never end; another file is none of our business, nor is
 * whether it exists. What was opened is looked at, not its name, which may stand for something else by then.
 *
 * @param directories resolved paths
 * @throws CodedError SourceNotFound, SourceNotAllowed
 */
export async function openFileSource(path: string, directories: readonly string[]): Promise<Source> {
  const resolved = await resolve(path, directories);
  // A FIFO without a writer would hang without O_NONBLOCK.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(resolved, flags).catch((error: unknown) => {
    throw importError('SourceNotFound', `${path}: ${messageOf(error)}`, error);
  });
  try {
    const info = await file.stat();
    if (!info.isFile()) throw importError('SourceNotAllowed', `${path} is no regular file`);
    const opened = await readlink(`/proc/self/fd/${file.fd}`);
    if (!isInside(directories, opened)) throw importError('SourceNotAllowed', path);
    return { stream: file.createReadStream({ highWaterMark: 1024 * 1024 }), totalBytes: info.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function resolve(path: string, directories: readonly string[]): Promise<string> {
  const resolved = await realpath(path).catch((error: unknown) => ({ error }));
  if (typeof resolved === 'string') {
    if (isInside(directories, resolved)) return resolved;
  } else if (await isBelow(directories, path)) {
    throw importError('SourceNotFound', path, resolved.error);
  }
  throw importError('SourceNotAllowed', path);
}

/** Whether a path that does not exist would lie in one of the directories: by the nearest part of it that exists. */
async function isBelow(directories: readonly string[], path: string): Promise<boolean> {
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    const real = await realpath(parent).catch(() => undefined);
    if (real !== undefined) return directories.includes(real) || isInside(directories, real);
    if (parent === dirname(parent)) return false;
  }
}
