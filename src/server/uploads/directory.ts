import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { isMissing } from './failures.ts';

/** What is remembered of an upload over a restart. */
const UploadRecord = z.object({
  owner: z.string(),
  fileName: z.string().optional(),
  sizeBytes: z.int().min(1),
  createdAt: z.string(),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type UploadRecord = z.infer<typeof UploadRecord>;

/** Files as they lie on disk: `sha256/HEX`, and what is not complete in `partial/`. Throws what the system says. */
export interface UploadDirectory {
  partialPath(id: string): string;
  storedPath(digest: string): string;
  /** Uploads that an earlier process left, with when the last byte came, in milliseconds since the epoch. */
  uploads(): Promise<{ id: string; record: UploadRecord; receivedBytes: number; at: number }[]>;
  /** Files that have their name, with when they were last wanted. */
  files(): Promise<{ digest: string; sizeBytes: number; at: number }[]>;
  write(id: string, record: UploadRecord): Promise<void>;
  remove(id: string): Promise<void>;
  removeStored(digest: string): Promise<void>;
  /** Gives a complete file its name, once the disk has it. */
  settle(id: string, digest: string): Promise<void>;
  /** Remembers when a stored file was wanted. */
  touch(digest: string, at: number): Promise<void>;
  freeBytes(): Promise<number>;
}

const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const digestPattern = /^[0-9a-f]{64}$/;

/** Makes the directories when they are not there. */
export async function openUploadDirectory(directory: string): Promise<UploadDirectory> {
  const partial = join(directory, 'partial');
  const stored = join(directory, 'sha256');
  for (const path of [partial, stored]) await mkdir(path, { recursive: true, mode: 0o700 });

  const partialPath = (id: string): string => join(partial, `${checked(idPattern, id)}.bytes`);
  const recordPath = (id: string): string => join(partial, `${checked(idPattern, id)}.json`);
  const storedPath = (digest: string): string => join(stored, checked(digestPattern, digest));

  async function readRecord(id: string): Promise<UploadRecord | undefined> {
    try {
      return UploadRecord.safeParse(JSON.parse(await readFile(recordPath(id), 'utf8'))).data;
    } catch {
      return undefined;
    }
  }

  async function remove(id: string): Promise<void> {
    await rm(partialPath(id), { force: true });
    await rm(recordPath(id), { force: true });
  }

  /** None: it cannot be gone on with, and is removed. */
  async function readUpload(id: string) {
    const record = await readRecord(id);
    const path = record?.digest === undefined ? partialPath(id) : storedPath(record.digest);
    const bytes = await sizeOf(path);
    if (record !== undefined && bytes !== undefined && bytes.sizeBytes <= record.sizeBytes)
      return [{ id, record, receivedBytes: bytes.sizeBytes, at: bytes.at }];
    await remove(id);
    return [];
  }

  return {
    ...{ partialPath, storedPath, remove },
    async uploads() {
      const found = [];
      for (const name of await readdir(partial)) {
        const [, id = '', ending] = /^(.+)\.(bytes|json)$/.exec(name) ?? [];
        if (!idPattern.test(id)) await rm(join(partial, name), { force: true, recursive: true });
        else if (ending === 'json') found.push(...(await readUpload(id)));
        else if ((await sizeOf(recordPath(id))) === undefined) await rm(join(partial, name), { force: true });
      }
      return found;
    },
    async files() {
      const found = [];
      for (const name of await readdir(stored)) {
        const there = digestPattern.test(name) ? await sizeOf(join(stored, name)) : undefined;
        if (there !== undefined) found.push({ digest: name, ...there });
      }
      return found;
    },
    async write(id, record) {
      const scratch = join(partial, randomUUID());
      try {
        const file = await open(scratch, 'wx', 0o600);
        try {
          await file.writeFile(JSON.stringify(record));
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(scratch, recordPath(id));
      } catch (error) {
        await rm(scratch, { force: true });
        throw error;
      }
      await syncDirectory(partial);
    },
    async removeStored(digest) {
      await rm(storedPath(digest), { force: true });
    },
    async settle(id, digest) {
      const file = await open(partialPath(id), 'r');
      await file.sync().finally(() => file.close());
      await rename(partialPath(id), storedPath(digest));
      await syncDirectory(stored);
    },
    async touch(digest, at) {
      await utimes(storedPath(digest), at / 1000, at / 1000);
    },
    async freeBytes() {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize;
    },
  };
}

/** Nothing that could lead elsewhere becomes part of a path. */
function checked(pattern: RegExp, text: string): string {
  if (pattern.test(text)) return basename(text);
  throw new RangeError('neither an id of an upload nor a digest');
}

async function sizeOf(path: string): Promise<{ sizeBytes: number; at: number } | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { sizeBytes: size, at: mtimeMs };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}
