import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seedFolder, writeSeed } from './seed.ts';

const seed = {
  metaData: 'instance-id: i',
  userData: '#cloud-config\n',
  vendorData: '',
  networkConfig: 'version: 2',
};
let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'seed-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('the seed', () => {
  it('is in the root where cloud-init looks, for root alone', async () => {
    await writeSeed(root, seed);
    const folder = join(root, seedFolder);
    expect((await readdir(folder)).sort()).toEqual(['meta-data', 'network-config', 'user-data']);
    expect(await readFile(join(folder, 'user-data'), 'utf8')).toBe('#cloud-config\n');
    expect((await stat(join(folder, 'user-data'))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('has no network file when the network is left to the image', async () => {
    await writeSeed(root, { ...seed, networkConfig: undefined });
    expect(await readdir(join(root, seedFolder))).not.toContain('network-config');
  });

  it("replaces an image's own, and what its builder left of a first boot", async () => {
    await mkdir(join(root, seedFolder), { recursive: true });
    await writeFile(join(root, seedFolder, 'vendor-data'), 'old');
    await mkdir(join(root, 'var/lib/cloud/instances/old'), { recursive: true });
    await writeSeed(root, seed);
    expect(await readdir(join(root, seedFolder))).not.toContain('vendor-data');
    expect(await readdir(join(root, 'var/lib/cloud'))).toEqual(['seed']);
  });
});
