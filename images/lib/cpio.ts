import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** One entry of an initramfs archive. Paths are relative, without a leading slash. */
export interface CpioEntry {
  path: string;
  /** File type and permission bits, as in `st_mode`. */
  mode: number;
  /** Content of a file, or the target of a symbolic link. */
  data?: Uint8Array;
  /** Major and minor number of a device. */
  device?: readonly [number, number];
}

/**
 * A cpio archive of the "newc" kind, the only one that the kernel unpacks (Documentation/driver-api/early-userspace/
 * buffer-format.rst): header of 8-digit hexadecimal fields, name and data each padded to 4 bytes, owner root, time 0.
 * Archives may stand one after the other; each is padded to 512 bytes.
 */
export function encodeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const add = (bytes: Uint8Array, padTo: number): void => {
    const padding = (padTo - ((length + bytes.length) % padTo)) % padTo;
    parts.push(bytes, new Uint8Array(padding));
    length += bytes.length + padding;
  };
  let inode = 1;
  for (const entry of [...entries, { path: 'TRAILER!!!', mode: 0 } satisfies CpioEntry]) {
    const data = entry.data ?? new Uint8Array(0);
    const name = new TextEncoder().encode(`${entry.path}\0`);
    const [major, minor] = entry.device ?? [0, 0];
    const fields = [inode, entry.mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
    inode += 1;
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
    add(Buffer.concat([new TextEncoder().encode(header), name]), 4);
    add(data, 4);
  }
  add(new Uint8Array(0), 512);
  return Buffer.concat(parts);
}

/** Everything below a folder, parents first, in a fixed order. */
export async function cpioEntries(directory: string, prefix = ''): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = [];
  const names = (await readdir(join(directory, prefix))).sort();
  for (const name of names) {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const full = join(directory, path);
    const { mode } = await lstat(full);
    const kind = mode & 0o170000;
    if (kind === 0o040000) entries.push({ path, mode }, ...(await cpioEntries(directory, path)));
    else if (kind === 0o120000) entries.push({ path, mode, data: Buffer.from(await readlink(full)) });
    else if (kind === 0o100000) entries.push({ path, mode, data: await readFile(full) });
  }
  return entries;
}
