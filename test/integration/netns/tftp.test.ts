import { randomFillSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Background, createNetns, type Namespace, requireTools } from './namespaces.ts';
import type { RackConfig } from './rack-under-test.ts';

describe('TFTP in network namespaces', () => {
  requireTools('ip', 'tftp', 'curl');
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-tftp-'));
  const path = (name: string): string => join(directory, name);
  let client: Namespace;
  let server: Background;

  beforeAll(async () => {
    const rack = await netns.create('tftpd');
    client = await netns.create('tftpc');
    await netns.cable(rack, 'vlan1', client, 'eth0');
    await rack.ip('address', 'add', '10.78.1.1/24', 'dev', 'vlan1');
    await client.ip('address', 'add', '10.78.1.2/24', 'dev', 'eth0');
    const sizes = { empty: 0, small: 100, full: 1024, loader: 180_001, rollover: 512 * 65_536 + 1000 };
    for (const [name, size] of Object.entries(sizes)) {
      writeFileSync(path(name), randomFillSync(new Uint8Array(size)));
    }
    writeFileSync(path('text'), 'one\ntwo\r\nthree\rfour\n');
    const config: RackConfig = {
      networks: { vlan1: { vlan: 'one', subnets: [] } },
      relayed: [],
      reservations: [],
      leaseDirectory: path('leases'),
      files: Object.fromEntries([...Object.keys(sizes), 'text'].map((name) => [name, path(name)])),
    };
    writeFileSync(path('rack.json'), JSON.stringify(config));
    const program = join(import.meta.dirname, 'rack-under-test.ts');
    server = rack.start([process.execPath, program, path('rack.json')]);
    await server.until(/rack ready/);
  });

  afterAll(async () => {
    await netns.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(['empty', 'small', 'full', 'loader', 'rollover'])(
    'tftp-hpa gets the %s file whole',
    async (name) => {
      const { output } = await client.run([
        'tftp',
        '-m',
        'octet',
        '10.78.1.1',
        '-c',
        'get',
        name,
        path('got'),
      ]);
      expect(readFileSync(path('got')).equals(readFileSync(path(name))), output).toBe(true);
    },
  );

  it.each([8, 512, 1468, 65464])('curl gets a file with a block size of %i', async (size) => {
    const url = 'tftp://10.78.1.1/loader';
    const { code, output } = await client.run([
      'curl',
      '-sS',
      '--tftp-blksize',
      `${size}`,
      '-o',
      path('got'),
      url,
    ]);
    expect(code, output).toBe(0);
    expect(readFileSync(path('got')).equals(readFileSync(path('loader')))).toBe(true);
  });

  it('tftp-hpa gets text in netascii', async () => {
    await client.run(['tftp', '-m', 'netascii', '10.78.1.1', '-c', 'get', 'text', path('got')]);
    expect(readFileSync(path('got'), 'utf8')).toBe(readFileSync(path('text'), 'utf8'));
  });

  it('tftp-hpa is told that a file is not there, and that nothing can be written', async () => {
    const missing = await client.run(['tftp', '10.78.1.1', '-c', 'get', '/etc/passwd', path('none')]);
    expect(missing.output).toContain('no such file');
    const put = await client.run(['tftp', '10.78.1.1', '-c', 'put', path('small'), 'small']);
    expect(put.output).toContain('read only');
  });
});
