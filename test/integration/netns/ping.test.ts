import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Background, createNetns, type Namespace, requireTools } from './namespaces.ts';
import type { RackConfig } from './rack-under-test.ts';
import { udhcpc } from './udhcpc.ts';

describe('a ping before an offer', () => {
  requireTools('ip', 'dhclient', 'busybox', 'perfdhcp');
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-ping-'));
  let client: Namespace;
  let squatter: Namespace;
  let server: Background;

  beforeAll(async () => {
    const rack = await netns.create('prack');
    client = await netns.create('pclient');
    squatter = await netns.create('psquat');
    await netns.cable(rack, 'port1', client, 'eth0');
    await netns.cable(rack, 'port2', squatter, 'eth0');
    await rack.ip('link', 'add', 'lan', 'type', 'bridge', 'forward_delay', '0');
    for (const port of ['port1', 'port2']) await rack.ip('link', 'set', port, 'master', 'lan');
    await rack.ip('link', 'set', 'lan', 'up');
    await rack.ip('address', 'add', '10.82.1.1/16', 'dev', 'lan');
    await squatter.ip('address', 'add', '10.82.1.100/16', 'dev', 'eth0');
    await squatter.ip('address', 'add', '10.82.1.101/16', 'dev', 'eth0');
    const config: RackConfig = {
      networks: {
        lan: {
          vlan: 'one',
          subnets: [
            {
              name: 'net-1',
              cidr: '10.82.0.0/16',
              dnsServers: [],
              ntpServers: [],
              dynamicRanges: [{ start: '10.82.1.100', end: '10.82.20.250' }],
              leaseSeconds: 600,
              serverAddress: '10.82.1.1',
              bootDisabled: false,
            },
          ],
        },
      },
      relayed: [],
      reservations: [],
      leaseDirectory: join(directory, 'leases'),
      files: {},
      ping: true,
    };
    const path = join(directory, 'rack.json');
    writeFileSync(path, JSON.stringify(config));
    server = rack.start([process.execPath, join(import.meta.dirname, 'rack-under-test.ts'), path]);
    await server.until(/rack ready/);
  });

  afterAll(async () => {
    await netns.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('passes over every address that somebody took without asking', async () => {
    expect(await udhcpc(client, 'eth0', directory)).toMatchObject({ ip: '10.82.1.102' });
    expect(server.output()).toMatch(/"address":"10\.82\.1\.100".*answers a ping/);
    expect(server.output()).toMatch(/"address":"10\.82\.1\.101".*answers a ping/);
  });

  it('is not made for a client that has the address already, and answers', async () => {
    await client.ip('address', 'add', '10.82.1.102/16', 'dev', 'eth0');
    expect(await udhcpc(client, 'eth0', directory)).toMatchObject({ ip: '10.82.1.102' });
    await client.ip('address', 'flush', 'dev', 'eth0');
  });

  it('keeps an address in probation after its taker has gone', async () => {
    await squatter.ip('address', 'flush', 'dev', 'eth0');
    expect(await udhcpc(client, 'eth0', directory, '-r', '10.82.1.100')).toMatchObject({ ip: '10.82.1.102' });
    await client.ip('link', 'set', 'eth0', 'address', '52:54:00:82:01:99');
    const other = await udhcpc(client, 'eth0', directory, '-r', '10.82.1.100');
    expect(other).toMatchObject({ ip: '10.82.1.103' });
  });

  it('holds up no burst: what exceeds its limits is offered at once', async () => {
    await client.ip('address', 'add', '10.82.1.2/16', 'dev', 'eth0');
    const { code, output } = await client.run([
      ...[
        'perfdhcp',
        '-4',
        '-l',
        '10.82.1.2',
        '-r',
        '120',
        '-n',
        '360',
        '-d',
        '5',
        '-R',
        '120',
        '-W',
        '5000000',
        '10.82.1.1',
      ],
    ]);
    expect(code, output).toBe(0);
  });
});
