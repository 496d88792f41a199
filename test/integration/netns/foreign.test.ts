import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Background, createNetns, type Namespace, requireTools } from './namespaces.ts';
import type { RackConfig } from './rack-under-test.ts';

interface Report {
  device: string;
  address: string;
  mac?: string;
}

describe('a foreign DHCP server', () => {
  requireTools('ip', 'dnsmasq', 'dhcrelay');
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-foreign-'));
  let stranger: Namespace;
  let first: Background;
  let second: Background;
  const mac = '52:54:00:83:00:66';

  function startRack(space: Namespace, own: string, ours: string[]): Background {
    const config: RackConfig = {
      networks: {
        lan: {
          vlan: 'one',
          subnets: [
            {
              name: 'net-1',
              cidr: '10.83.1.0/24',
              dnsServers: [],
              ntpServers: [],
              dynamicRanges: [{ start: '10.83.1.100', end: '10.83.1.150' }],
              leaseSeconds: 600,
              serverAddress: own,
              bootDisabled: false,
            },
          ],
        },
      },
      relayed: [],
      reservations: [],
      leaseDirectory: join(directory, `leases-${own}`),
      files: {},
      foreign: { probeMs: 2000, ours },
    };
    const path = join(directory, `${own}.json`);
    writeFileSync(path, JSON.stringify(config));
    return space.start([process.execPath, join(import.meta.dirname, 'rack-under-test.ts'), path]);
  }

  /** What a rack said last. */
  function heard(rack: Background): Report[] {
    const last = rack
      .output()
      .split('\n')
      .findLast((line) => line.endsWith('"msg":"foreign"}'));
    return last === undefined ? [] : JSON.parse(last).servers;
  }

  const startStranger = (): Background =>
    stranger.start([
      ...['dnsmasq', '--no-daemon', '--port=0', '--conf-file=/dev/null', '--pid-file=', '--log-dhcp'],
      ...['--dhcp-range=10.83.1.200,10.83.1.220,5m', `--dhcp-leasefile=${join(directory, 'dnsmasq.leases')}`],
    ]);

  beforeAll(async () => {
    const middle = await netns.create('fswitch');
    const one = await netns.create('fone');
    const two = await netns.create('ftwo');
    stranger = await netns.create('falien');
    await middle.ip('link', 'add', 'br0', 'type', 'bridge', 'forward_delay', '0');
    await middle.ip('link', 'set', 'br0', 'up');
    for (const [port, space, device] of [
      ['p1', one, 'lan'],
      ['p2', two, 'lan'],
      ['p3', stranger, 'eth0'],
    ] as const) {
      await netns.cable(middle, port, space, device);
      await middle.ip('link', 'set', port, 'master', 'br0');
    }
    await one.ip('address', 'add', '10.83.1.1/24', 'dev', 'lan');
    await two.ip('address', 'add', '10.83.1.2/24', 'dev', 'lan');
    await stranger.ip('link', 'set', 'eth0', 'address', mac);
    await stranger.ip('address', 'add', '10.83.1.66/24', 'dev', 'eth0');
    first = startRack(one, '10.83.1.1', ['10.83.1.1', '10.83.1.2']);
    second = startRack(two, '10.83.1.2', ['10.83.1.1', '10.83.1.2']);
    await Promise.all([first.until(/rack ready/), second.until(/rack ready/)]);
  });

  afterAll(async () => {
    await netns.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is found by a probe with its address and MAC address, costs it one address, and goes when it is silent', async () => {
    const dnsmasq = startStranger();
    await dnsmasq.until(/started/);
    for (const rack of [first, second]) {
      await expect
        .poll(() => heard(rack), { timeout: 30_000, interval: 500 })
        .toMatchObject([{ device: 'lan', address: '10.83.1.66', mac }]);
    }
    await dnsmasq.stop();
    for (const rack of [first, second]) {
      await expect.poll(() => heard(rack), { timeout: 30_000, interval: 500 }).toEqual([]);
    }
    const offered = dnsmasq.output().match(/DHCPOFFER\(eth0\) [\d.]+/g) ?? [];
    expect(offered.length).toBeGreaterThan(3);
    // dnsmasq picks an address by the MAC address: two racks may well be offered the same.
    expect(new Set(offered).size).toBeLessThanOrEqual(2);
    expect(readFileSync(join(directory, 'dnsmasq.leases'), 'utf8')).toBe('');
  });

  it('is not what racks take each other for: probes get no answer from them', () => {
    expect(first.output() + second.output()).not.toMatch(/DHCPOFFER/);
  });
});
