import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Seed } from '../contract.ts';

/** Where cloud-init's NoCloud data source looks on the root file system. */
export const seedFolder = 'var/lib/cloud/seed/nocloud';

/** The files of a seed by name. A seed needs meta-data and user-data; an empty network-config would mean "no network". */
export function seedFiles(seed: Seed): ReadonlyMap<string, string> {
  const files = new Map([
    ['meta-data', seed.metaData],
    ['user-data', seed.userData],
  ]);
  if (seed.vendorData.trim() !== '') files.set('vendor-data', seed.vendorData);
  const network = seed.networkConfig ?? '';
  if (network.trim() !== '') files.set('network-config', network);
  return files;
}

/** Writes the seed, readable by root alone: user data holds secrets. An image's own seed and instance go. */
export async function writeSeed(root: string, seed: Seed): Promise<void> {
  const folder = join(root, seedFolder);
  for (const path of [folder, join(root, 'var/lib/cloud/instance'), join(root, 'var/lib/cloud/instances')])
    await rm(path, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, content] of seedFiles(seed))
    await writeFile(join(folder, name), content, { mode: 0o600 });
}
