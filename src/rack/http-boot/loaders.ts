import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootLoader } from '../dhcp4/boot-file.ts';

/** Paths of the boot loaders, by the names that DHCP hands out. */
export type LoaderPaths = Partial<Record<BootLoader, string>>;

/** The file of every loader that DHCP can name: without an entry here the compiler refuses a new one. */
export function loaderPaths(directory: string): Record<BootLoader, string> {
  return {
    'undionly.kpxe': join(directory, 'undionly.kpxe'),
    'snponly.efi': join(directory, 'snponly.efi'),
    'snponly-arm64.efi': join(directory, 'snponly-arm64.efi'),
  };
}

/** Where Debian's `ipxe` puts them. It has none for arm64. */
export const debianLoaderPaths: LoaderPaths = loaderPaths('/usr/lib/ipxe');

/** The files that firmware loads first, held in memory, served by TFTP and by HTTP. */
export interface Loaders {
  files: ReadonlyMap<string, Uint8Array>;
  /** Milliseconds since the epoch, by name. */
  modifiedAt?: ReadonlyMap<string, number>;
  /** What could not be read, in words, one an entry. */
  missing: string[];
}

/** Reads the loaders. A loader that is not there is no failure: machines of its kind cannot boot, others can. */
export async function loadLoaders(paths: LoaderPaths): Promise<Loaders> {
  const files = new Map<string, Uint8Array>();
  const modifiedAt = new Map<string, number>();
  const missing: string[] = [];
  for (const [name, path] of Object.entries(paths)) {
    const bytes = await readFile(path).catch(() => undefined);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined) modifiedAt.set(name, found.mtimeMs);
    if (bytes !== undefined && bytes.length > 0) files.set(name, bytes);
    else missing.push(`${name}: cannot read ${path}, as of Debian's package ipxe`);
  }
  return { files, modifiedAt, missing };
}

/** The strong entity tag of a file in memory. */
export function etagOf(bytes: Uint8Array): string {
  return `"${createHash('sha256').update(bytes).digest('hex')}"`;
}
