import { createHash, randomFillSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Background, createNetns, type Namespace, requireTools } from './namespaces.ts';
import type { RackConfig } from './rack-under-test.ts';

describe('TFTP in network namespaces', () => {
  requireTools('ip', 'tftp', 'atftp', 'busybox', 'curl', 'nft');
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-tftp-'));
  const path = (name: string): string => join(directory, name);
  let client: Namespace;
  let rackSpace: Namespace;
  let server: Background;

  const digestOf = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(path(name)))
      .digest('hex');
  const crowdOf = (name: string, count: number, window: number): string[] => [
    ...[process.execPath, join(import.meta.dirname, 'tftp-crowd.ts')],
    ...['10.78.1.1', name, `${count}`, '1468', `${window}`],
  ];
  /** Requests that nobody will acknowledge, from each of the addresses; prints what went out and what came back. */
  const forge = (addresses: string[], each: number, options: string, quietMs = 6_000): string[] => [
    ...[process.execPath, join(import.meta.dirname, 'tftp-forger.ts')],
    ...[
      '10.78.1.1',
      addresses.join(','),
      `${each}`,
      Buffer.from(`\0\x01loader\0octet\0${options}`).toString('hex'),
      `${quietMs}`,
    ],
  ];

  beforeAll(async () => {
    const rack = await netns.create('tftpd');
    rackSpace = rack;
    client = await netns.create('tftpc');
    await netns.cable(rack, 'vlan1', client, 'eth0');
    await rack.ip('address', 'add', '10.78.1.1/24', 'dev', 'vlan1');
    await rack.ip('address', 'add', '10.78.1.7/24', 'dev', 'vlan1');
    await rack.ip('address', 'add', '10.78.2.1/24', 'dev', 'vlan1');
    await client.ip('address', 'add', '10.78.1.2/24', 'dev', 'eth0');
    await client.ip('address', 'add', '10.78.2.2/24', 'dev', 'eth0');
    for (let n = 0; n < 30; n += 1) await client.ip('address', 'add', `10.78.1.${100 + n}/24`, 'dev', 'eth0');
    const sizes = {
      empty: 0,
      small: 100,
      full: 1024,
      loader: 180_001,
      rollover: 512 * 65_536 + 1000,
      mebibyte: 1 << 20,
    };
    for (const [name, size] of Object.entries(sizes)) {
      writeFileSync(path(name), randomFillSync(new Uint8Array(size)));
    }
    writeFileSync(path('text'), 'one\ntwo\r\nthree\rfour\n');
    const config: RackConfig = {
      networks: { vlan1: { vlan: 'one', subnets: [] } },
      relayed: [],
      logLevel: 'info',
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

  const same = (name: string): boolean => readFileSync(path('got')).equals(readFileSync(path(name)));

  it.each([
    ['as it comes', []],
    ['with all options', ['--option', 'blksize 1468', '--option', 'tsize 0', '--option', 'timeout 2']],
    ['in windows', ['--option', 'blksize 1468', '--option', 'windowsize 8']],
    ['over block 65535 in windows', ['--option', 'blksize 512', '--option', 'windowsize 16'], 'rollover'],
  ])('atftp gets a file %s', async (_how, options, name = 'loader') => {
    const { code, output } = await client.run([
      'atftp',
      ...options,
      '--get',
      '-r',
      name,
      '-l',
      path('got'),
      '10.78.1.1',
    ]);
    expect(code, output).toBe(0);
    expect(same(name)).toBe(true);
  });

  it.each([[[]], [['-b', '1468']], [['-b', '65464']]])('busybox gets a file with %j', async (options) => {
    const { code, output } = await client.run([
      'busybox',
      'tftp',
      ...options,
      '-g',
      '-r',
      'loader',
      '-l',
      path('got'),
      '10.78.1.1',
    ]);
    expect(code, output).toBe(0);
    expect(same('loader')).toBe(true);
  });

  it.each(['/loader', './loader', '\\loader', '//LOADER', 'Loader'])('curl gets %s', async (name) => {
    const { code, output } = await client.run([
      'curl',
      '-sS',
      '--path-as-is',
      '-o',
      path('got'),
      `tftp://10.78.1.1/${encodeURIComponent(name)}`,
    ]);
    expect(code, output).toBe(0);
    expect(same('loader')).toBe(true);
  });

  it.each(['10.78.1.1', '10.78.1.7', '10.78.2.1'])(
    '%s answers from itself (curl checks)',
    async (address) => {
      const { code, output } = await client.run([
        'curl',
        '-sS',
        '-o',
        path('got'),
        `tftp://${address}/loader`,
      ]);
      expect(code, output).toBe(0);
      expect(same('loader')).toBe(true);
    },
  );

  it('grants no block that the MTU would cut in pieces', async () => {
    const asked = await client.run(forge(['10.78.1.2'], 1, 'blksize\x0065464\0', 2_000));
    expect(JSON.parse(asked.output)).toHaveProperty('packets.0', '\0\x06blksize\x001468\0');
    await client.ip('link', 'set', 'eth0', 'mtu', '1400');
    await rackSpace.ip('link', 'set', 'vlan1', 'mtu', '1400');
    const again = await client.run(forge(['10.78.1.2'], 1, 'blksize\x0065464\0', 2_000));
    expect(JSON.parse(again.output)).toHaveProperty('packets.0', '\0\x06blksize\x001368\0');
    await client.ip('link', 'set', 'eth0', 'mtu', '1500');
    await rackSpace.ip('link', 'set', 'vlan1', 'mtu', '1500');
  });

  it.each([
    ['without options', ''],
    ['with options', 'tsize\x000\0blksize\x001468\0windowsize\x0016\0'],
  ])('sends forged addresses no more than 3 times what it got: requests %s', async (_what, options) => {
    const addresses = Array.from({ length: 30 }, (_, n) => `10.78.1.${100 + n}`);
    const { output } = await client.run(forge(addresses, 20, options));
    const { sent, received } = JSON.parse(output);
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThanOrEqual(3 * sent);
  });

  it('carries a file in windows over a network that loses one packet in twenty', async () => {
    const input = `table ip loss {
      chain in {
        type filter hook input priority 0
        meta l4proto udp numgen random mod 20 0 drop
      }
    }\n`;
    for (const space of [client, rackSpace]) {
      expect((await space.run(['nft', '-f', '-'], { input })).output).toBe('');
    }
    const crowd = await client.run(crowdOf('loader', 3, 8), { timeoutMs: 110_000 });
    for (const space of [client, rackSpace]) await space.run(['nft', 'delete table ip loss']);
    expect(JSON.parse(crowd.output), crowd.output).toMatchObject({ whole: 3, digests: [digestOf('loader')] });
  });

  it('serves a hundred clients at once, 1 MiB each', async () => {
    const crowd = await client.run(crowdOf('mebibyte', 100, 8), { timeoutMs: 110_000 });
    expect(JSON.parse(crowd.output), crowd.output).toMatchObject({
      whole: 100,
      digests: [digestOf('mebibyte')],
    });
  });
});
