import type { LogDirectory } from '../log-directory.ts';

interface StoredFile {
  bytes: Buffer;
  /** How much of it is certainly on the disk. */
  durable: Buffer;
}

/** A disk of which tests decide what survives. */
export interface MemoryDisk {
  /** What a process sees of it, until that process is dead. */
  mount(process: { dead: boolean }): LogDirectory;
  /** Called before each operation that changes something: a throw is a failure of the disk. */
  before: (operation: string) => void | Promise<void>;
  /** The power fails: what was not synced may be there in part. @param share of it that is, 0 to 1 */
  losePower(share: number): void;
  /** Everything is gone. */
  wipe(): void;
  content(name: string): Buffer | undefined;
  put(name: string, bytes: Buffer): void;
}

/** An empty disk. Names are as durable as the last `sync`; before it, `losePower` decides between old and new. */
export function createMemoryDisk(): MemoryDisk {
  let names = new Map<string, StoredFile>();
  let durableNames = new Map<string, StoredFile>();
  const disk: MemoryDisk = {
    before: () => {},
    mount(process) {
      const check = async (operation: string): Promise<void> => {
        if (process.dead) throw new Error('this process is dead');
        await disk.before(operation);
        if (process.dead) throw new Error('this process is dead');
      };
      return {
        path: 'memory',
        make: async () => {},
        async read(name) {
          const file = names.get(name);
          return file === undefined ? undefined : Buffer.from(file.bytes);
        },
        async open(name, empty) {
          await check('open');
          const file = names.get(name) ?? { bytes: Buffer.alloc(0), durable: Buffer.alloc(0) };
          names.set(name, file);
          if (empty) file.bytes = Buffer.alloc(0);
          return {
            async write(bytes, position) {
              await check('write');
              file.bytes = Buffer.concat([file.bytes.subarray(0, position), bytes]);
            },
            async truncate(length) {
              await check('truncate');
              file.bytes = Buffer.from(file.bytes.subarray(0, length));
            },
            async datasync() {
              await check('datasync');
              file.durable = file.bytes;
            },
            close: async () => {},
          };
        },
        async rename(from, to) {
          await check('rename');
          const file = names.get(from);
          if (file === undefined) throw new Error(`ENOENT: ${from}`);
          names.delete(from);
          names.set(to, file);
        },
        async remove(name) {
          await check('remove');
          names.delete(name);
        },
        async sync() {
          await check('sync');
          durableNames = new Map(names);
        },
      };
    },
    losePower(share) {
      names = new Map(share < 0.5 ? durableNames : names);
      for (const file of names.values()) {
        const { bytes, durable } = file;
        const appended = bytes.subarray(0, durable.length).equals(durable);
        const kept = appended ? durable.length + Math.floor((bytes.length - durable.length) * share) : 0;
        file.bytes = Buffer.from(appended ? bytes.subarray(0, kept) : share < 0.5 ? durable : bytes);
        file.durable = file.bytes;
      }
      durableNames = new Map(names);
    },
    wipe() {
      names = new Map();
      durableNames = new Map();
    },
    content: (name) => names.get(name)?.bytes,
    put(name, bytes) {
      names.set(name, { bytes, durable: bytes });
      durableNames = new Map(names);
    },
  };
  return disk;
}
