import { readdir, readFile, realpath } from 'node:fs/promises';

/** Reading of /sys, /proc and /run: all that the inventory asks of the machine. What cannot be read is undefined. */
export interface Files {
  /** The content without white space at its ends. */
  readText(path: string): Promise<string | undefined>;
  readBytes(path: string): Promise<Uint8Array | undefined>;
  /** Sorted names; none when it is no folder. */
  list(path: string): Promise<string[]>;
  /** Where a link leads in the end. */
  resolve(path: string): Promise<string | undefined>;
}

export const systemFiles: Files = {
  async readText(path) {
    const content = await readFile(path, 'utf8').catch(() => undefined);
    return content?.trim();
  },
  async readBytes(path) {
    return readFile(path).catch(() => undefined);
  },
  async list(path) {
    const names = await readdir(path).catch(() => []);
    return names.sort(naturally);
  },
  async resolve(path) {
    return realpath(path).catch(() => undefined);
  },
};

const collator = new Intl.Collator('en', { numeric: true });

/** Orders `sda2` before `sda10`. */
export function naturally(one: string, other: string): number {
  return collator.compare(one, other);
}

/** The whole number in a file such as /sys/block/sda/size. */
export async function readNumber(files: Files, path: string): Promise<number | undefined> {
  const text = await files.readText(path);
  if (text === undefined || !/^-?\d+$/.test(text)) return undefined;
  return Number(text);
}
