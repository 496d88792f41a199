import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** One open file of the lease log. */
export interface LogFile {
  /** Writes all of it, from a position on. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Resolves when what was written is on the disk. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** The directory that the lease log lives in: everything of a disk that it uses. */
export interface LogDirectory {
  readonly path: string;
  /** Makes it when it is missing. */
  make(): Promise<void>;
  /** Undefined when there is no such file. */
  read(name: string): Promise<Buffer | undefined>;
  /** Makes the file when it is missing. @param empty cut it to nothing */
  open(name: string, empty: boolean): Promise<LogFile>;
  rename(from: string, to: string): Promise<void>;
  /** Nothing happens when there is no such file. */
  remove(name: string): Promise<void>;
  /** Resolves when renames and new files are on the disk. */
  sync(): Promise<void>;
}

/** A directory of the file system. */
export function diskDirectory(path: string): LogDirectory {
  return {
    path,
    async make() {
      await mkdir(path, { recursive: true, mode: 0o700 });
    },
    read: (name) =>
      readFile(join(path, name)).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }),
    async open(name, empty) {
      const flags = constants.O_RDWR | constants.O_CREAT | (empty ? constants.O_TRUNC : 0);
      const file = await open(join(path, name), flags, 0o600);
      return {
        async write(bytes, position) {
          let done = 0;
          while (done < bytes.length) {
            const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
            done += bytesWritten;
          }
        },
        truncate: (length) => file.truncate(length),
        datasync: () => file.datasync(),
        close: () => file.close(),
      };
    },
    rename: (from, to) => rename(join(path, from), join(path, to)),
    remove: (name) => rm(join(path, name), { force: true }),
    async sync() {
      const handle = await open(path, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}
