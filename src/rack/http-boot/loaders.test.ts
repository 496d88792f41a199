import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadLoaders } from './loaders.ts';

it('loads the boot loaders that are there and names those that are not', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'metalwright-loaders-'));
  const path = join(directory, 'undionly.kpxe');
  await writeFile(path, 'loader');
  const { files, missing } = await loadLoaders({ 'undionly.kpxe': path, 'snponly.efi': `${path}.none` });
  expect([...files.keys()]).toEqual(['undionly.kpxe']);
  expect(missing).toEqual([expect.stringContaining(`snponly.efi: cannot read ${path}.none`)]);
  await rm(directory, { recursive: true });
});
