import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import { selectBootFile } from '../dhcp4/boot-file.ts';
import { createMemorySockets } from '../net/memory-sockets.ts';
import { createTftpServer } from '../tftp/server.ts';
import { loaderPaths, loadLoaders } from './loaders.ts';

it('loads the boot loaders that are there and names those that are not', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'metalwright-loaders-'));
  const path = join(directory, 'undionly.kpxe');
  await writeFile(path, 'loader');
  const { files, missing } = await loadLoaders({ 'undionly.kpxe': path, 'snponly.efi': `${path}.none` });
  expect([...files.keys()]).toEqual(['undionly.kpxe']);
  expect(missing).toEqual([expect.stringContaining(`snponly.efi: cannot read ${path}.none`)]);
  await rm(directory, { recursive: true });
});

it('serves by TFTP every file that DHCP names to any client', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'metalwright-loaders-'));
  for (const [name, path] of Object.entries(loaderPaths(directory))) await writeFile(path, name);
  const { files, missing } = await loadLoaders(loaderPaths(directory));
  await rm(directory, { recursive: true });
  expect(missing).toEqual([]);
  const named = new Set<string>();
  for (let architecture = 0; architecture < 256; architecture += 1) {
    const client = { architecture, vendorClass: 'PXEClient', userClass: undefined };
    const place = { tftpServer: '10.0.0.1', httpBase: 'http://10.0.0.1', mac: '52:54:00:00:00:01' };
    const answer = selectBootFile(client, place);
    if (answer.kind === 'File') named.add(answer.file);
  }
  expect(named.size).toBe(3);
  const sockets = createMemorySockets();
  const clock = { now: () => 0 };
  const server = createTftpServer({ files: (name) => files.get(name), sockets, clock, log: silentLogger });
  await server.listen({});
  for (const name of named) {
    sockets.sent.length = 0;
    sockets.deliver({ port: 69 }, Buffer.from(`\0\x01${name}\0octet\0`), {
      address: '10.0.0.9',
      port: sockets.sent.length + name.length,
    });
    await expect
      .poll(() => sockets.sent.map(({ data }) => Buffer.from(data).toString()))
      .toEqual([`\0\x03\0\x01${name}`]);
    const port = sockets.sent[0]?.from ?? 0;
    sockets.deliver({ port }, Buffer.of(0, 4, 0, 1), { address: '10.0.0.9', port: name.length });
  }
  await server.close();
});
