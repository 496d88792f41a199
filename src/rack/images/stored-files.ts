import { type FileHandle, mkdir, open, readdir, rm, stat, statfs, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import { hashFile, openUnused } from './hash-file.ts';
import type { OpenImage } from './ports.ts';

/** A file that the cache holds. */
export interface StoredFile {
  sizeBytes: number;
  /** Milliseconds since the epoch. */
  usedAt: number;
  modifiedAt: number;
  /** Settles when the digest was checked in this process; true when it was right. */
  verified: Promise<boolean> | undefined;
}

/** The files on disk, by digest. */
export interface StoredFiles {
  readonly files: ReadonlyMap<string, StoredFile>;
  pathOf(digest: string): string;
  /** A file that was just verified is there. */
  add(digest: string, sizeBytes: number): Promise<void>;
  /** True when there was one. */
  remove(digest: string): Promise<boolean>;
  /** Whether the file is what its name says, found out once. */
  verify(digest: string): Promise<boolean>;
  /** Opens a file and counts that as its use. Undefined when it is gone. */
  open(digest: string): Promise<OpenImage<FileHandle> | undefined>;
  /** Resolves when no file of an earlier life of a digest is still to go. */
  settled(): Promise<void>;
  heldBytes(): number;
  /** Bytes that the disk has left. */
  freeBytes(): Promise<number>;
  /** Checks, without haste, what an earlier process left, and tells what is damaged. Rejects when the signal ends it. */
  verifyAll(damaged: (digest: string) => Promise<void>, signal: AbortSignal): Promise<void>;
}

const digestPattern = /^[0-9a-f]{64}$/;
/** The order of use is kept on disk no more exactly than this. */
const useResolutionMs = 60_000;
/** A pause after every 4 MiB while nobody waits: a tenth of a core. */
const restMs = 50;

/** Opens a directory with what an earlier process left in it. */
export async function openStoredFiles(directory: string, clock: Clock, log: Logger): Promise<StoredFiles> {
  const files = new Map<string, StoredFile>();
  const removals = new Set<Promise<void>>();
  const pathOf = (digest: string): string => join(directory, digest);

  await mkdir(directory, { recursive: true });
  for (const digest of await readdir(directory)) {
    if (!digestPattern.test(digest)) continue;
    const { size, atimeMs, mtimeMs } = await stat(pathOf(digest));
    files.set(digest, { sizeBytes: size, usedAt: atimeMs, modifiedAt: mtimeMs, verified: undefined });
  }

  async function hash(digest: string, rest: number, signal?: AbortSignal): Promise<boolean> {
    const file = await openUnused(pathOf(digest)).catch(() => undefined);
    if (file === undefined) return false;
    try {
      return (await hashFile(file, rest, signal)) === digest;
    } finally {
      await file.close();
    }
  }

  return {
    files,
    pathOf,
    async add(digest, sizeBytes) {
      const { mtimeMs } = await stat(pathOf(digest));
      const verified = Promise.resolve(true);
      files.set(digest, { sizeBytes, usedAt: clock.now(), modifiedAt: mtimeMs, verified });
    },
    async remove(digest) {
      if (!files.delete(digest)) return false;
      const removal = rm(pathOf(digest), { force: true });
      removals.add(removal);
      await removal.finally(() => removals.delete(removal));
      return true;
    },
    verify(digest) {
      const file = files.get(digest);
      if (file === undefined) return Promise.resolve(false);
      file.verified ??= hash(digest, 0);
      return file.verified;
    },
    async open(digest) {
      const entry = files.get(digest);
      if (entry === undefined) return undefined;
      const file = await open(pathOf(digest), 'r').catch(() => undefined);
      if (file === undefined) return undefined;
      const now = clock.now();
      if (now - entry.usedAt > useResolutionMs)
        utimes(pathOf(digest), now / 1000, entry.modifiedAt / 1000).catch((error: unknown) =>
          log.debug({ digest, error: messageOf(error) }, 'the use of an image is not on disk'),
        );
      entry.usedAt = now;
      return { file, sizeBytes: entry.sizeBytes, modifiedAt: entry.modifiedAt };
    },
    async settled() {
      await Promise.allSettled(removals);
    },
    heldBytes() {
      let sum = 0;
      for (const { sizeBytes } of files.values()) sum += sizeBytes;
      return sum;
    },
    async freeBytes() {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize;
    },
    async verifyAll(damaged, signal) {
      for (const [digest, entry] of [...files]) {
        if (entry.verified !== undefined) continue;
        const right = await hash(digest, restMs, signal);
        if (files.get(digest) !== entry || entry.verified !== undefined) continue;
        entry.verified = Promise.resolve(right);
        if (!right) await damaged(digest);
      }
    },
  };
}
