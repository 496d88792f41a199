import type { Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Clock } from '../../domain/clock.ts';
import type { Logger } from '../../log/logger.ts';
import { openUploadDirectory, type UploadDirectory } from './directory.ts';
import type { Upload, UploadLimits } from './ports.ts';

/** An upload that the store knows. */
export interface Entry {
  upload: Upload;
  /** When the last byte came. */
  at: number;
  /** Of all bytes that are stored; undefined: an earlier process stored them. */
  hash: Hash | undefined;
  /** Who sends now. */
  writer: { bytes: Readable; done: Promise<void> } | undefined;
  sealing: Promise<{ digest: string; sizeBytes: number }> | undefined;
}

export interface UploadStoreOptions {
  directory: string;
  limits: UploadLimits;
  log: Logger;
  clock: Clock;
}

/** What the parts of the store share. */
export interface StoreState extends Omit<UploadStoreOptions, 'directory'> {
  disk: UploadDirectory;
  /** By id. */
  entries: Map<string, Entry>;
  /** By digest, with when each was last wanted. */
  files: Map<string, { sizeBytes: number; at: number }>;
  /** Giving a file its name and taking one away never overlap: they may be about the same file. */
  inTurn<T>(act: () => Promise<T>): Promise<T>;
}

/** Reads what an earlier process left in the directory. Throws what the system says. */
export async function openState({ directory, ...options }: UploadStoreOptions): Promise<StoreState> {
  const disk = await openUploadDirectory(directory);
  const entries: StoreState['entries'] = new Map();
  const files: StoreState['files'] = new Map();
  for (const { id, record, receivedBytes, at } of await disk.uploads()) {
    const upload = { id, fileName: undefined, digest: undefined, ...record, receivedBytes };
    entries.set(id, { upload, at, hash: undefined, writer: undefined, sealing: undefined });
  }
  for (const { digest, ...file } of await disk.files()) files.set(digest, file);
  let turn: Promise<unknown> = Promise.resolve();
  return {
    ...{ ...options, disk, entries, files },
    inTurn(act) {
      const outcome = turn.then(act);
      turn = outcome.catch(() => undefined);
      return outcome;
    },
  };
}

/** Remembers an upload over a restart. Throws what the system says. */
export function writeRecord({ disk }: StoreState, upload: Upload): Promise<void> {
  const { id, owner, fileName, sizeBytes, createdAt, digest } = upload;
  return disk.write(id, {
    ...{ owner, sizeBytes, createdAt },
    ...(fileName === undefined ? {} : { fileName }),
    ...(digest === undefined ? {} : { digest }),
  });
}

/** Takes an upload away, and ends whoever sends to it. Throws what the system says. */
export async function forgetUpload({ disk, entries }: StoreState, id: string): Promise<void> {
  const entry = entries.get(id);
  if (entry === undefined) return;
  entries.delete(id);
  entry.writer?.bytes.destroy();
  await entry.writer?.done;
  await disk.remove(id);
}
