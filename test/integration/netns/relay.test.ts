import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipv4FromNumber, ipv4ToNumber } from '../../../src/domain/net/address.ts';
import { ipBytes, messageType, option, readNumber } from '../../../src/rack/dhcp4/options.ts';
import type { Dhcp4Packet } from '../../../src/rack/dhcp4/packet.ts';
import type { DhcpNetwork } from '../../../src/rack/dhcp4/ports.ts';
import { aMessage, ask } from './ask.ts';
import { createDhclient } from './dhclient.ts';
import { type Background, createNetns, type Namespace, requireTools } from './namespaces.ts';
import type { RackConfig } from './rack-under-test.ts';
import { udhcpc } from './udhcpc.ts';

const number = (address: string): number => ipv4ToNumber(address) ?? 0;

function behind(vlan: string, third: number): DhcpNetwork {
  return {
    vlan,
    subnets: [
      {
        name: `net-${third}`,
        cidr: `10.81.${third}.0/24`,
        gateway: `10.81.${third}.1`,
        dnsServers: [],
        ntpServers: [],
        dynamicRanges: [{ start: `10.81.${third}.100`, end: `10.81.${third}.250` }],
        leaseSeconds: 600,
        serverAddress: '10.81.1.1',
        bootDisabled: false,
      },
    ],
  };
}

const relays: [name: string, command: string[], ready: RegExp][] = [
  [
    'dnsmasq',
    [
      ...['dnsmasq', '--no-daemon', '--port=0', '--conf-file=/dev/null', '--pid-file=', '--log-dhcp'],
      ...['--dhcp-relay=10.81.7.1,10.81.1.1', '--dhcp-relay=10.81.8.1,10.81.1.1'],
    ],
    /DHCP relay.*10\.81\.8\.1/,
  ],
  [
    'dhcrelay',
    [
      'dhcrelay',
      '-4',
      '-d',
      '-a',
      '-pf',
      '/dev/null',
      '-id',
      'down7',
      '-id',
      'down8',
      '-iu',
      'up0',
      '10.81.1.1',
    ],
    /Sending on\s+Socket\/fallback/,
  ],
];

describe('many VLANs through a relay, to one interface of the rack', () => {
  requireTools('ip', 'dhclient', 'busybox', 'perfdhcp', 'dnsmasq', 'dhcrelay');
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-relay-'));
  let relay: Namespace;
  let seven: Namespace;
  let eight: Namespace;
  let server: Background;
  const acknowledged = (): number => server.output().match(/DHCPACK/g)?.length ?? 0;

  beforeAll(async () => {
    const rack = await netns.create('rrack');
    relay = await netns.create('rrelay');
    seven = await netns.create('rseven');
    eight = await netns.create('reight');
    await netns.cable(rack, 'lan', relay, 'up0');
    await netns.cable(relay, 'down7', seven, 'eth0');
    await netns.cable(relay, 'down8', eight, 'eth0');
    await rack.ip('address', 'add', '10.81.1.1/24', 'dev', 'lan');
    await relay.ip('address', 'add', '10.81.1.9/24', 'dev', 'up0');
    await relay.ip('address', 'add', '10.81.7.1/24', 'dev', 'down7');
    await relay.ip('address', 'add', '10.81.8.1/24', 'dev', 'down8');
    await relay.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1']);
    for (const third of [7, 8]) await rack.ip('route', 'add', `10.81.${third}.0/24`, 'via', '10.81.1.9');
    await seven.ip('link', 'set', 'eth0', 'address', '52:54:00:81:07:01');
    await eight.ip('link', 'set', 'eth0', 'address', '52:54:00:81:08:01');
    const config: RackConfig = {
      networks: { lan: behind('near', 1) },
      relayed: [behind('seven', 7), behind('eight', 8)],
      reservations: [{ mac: '52:54:00:81:08:01', address: '10.81.8.20', subnet: 'net-8' }],
      leaseDirectory: join(directory, 'leases'),
      files: {},
      // Pings to networks behind relays are routed: they must not keep anybody from an address.
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

  describe.each(relays)('%s', (_name, command, ready) => {
    let relaying: Background;
    beforeAll(async () => {
      relaying = relay.start(command);
      await relaying.until(ready);
    });
    afterAll(async () => {
      await relaying.stop();
    });

    it('dhclient gets an address of the VLAN that it is on', async () => {
      const client = createDhclient(seven, 'eth0', directory);
      const lease = await client.obtain();
      await client.vanish();
      expect(lease).toMatchObject({ ip_address: '10.81.7.100', dhcp_server_identifier: '10.81.1.1' });
    });

    it.each([
      ['by broadcast', ['-B']],
      ['by unicast', []],
    ])('busybox udhcpc on the other VLAN gets its reservation, %s', async (_sentence, more) => {
      await eight.ip('address', 'flush', 'dev', 'eth0');
      expect(await udhcpc(eight, 'eth0', directory, ...more)).toMatchObject({
        ip: '10.81.8.20',
        serverid: '10.81.1.1',
        router: '10.81.8.1',
      });
    });

    it('a client renews past the relay, by unicast', async () => {
      const client = createDhclient(seven, 'eth0', directory, 'supersede dhcp-renewal-time 2;');
      await client.obtain();
      await relaying.stop();
      await seven.ip('route', 'replace', '10.81.1.0/24', 'via', '10.81.7.1');
      const before = acknowledged();
      await expect.poll(acknowledged, { timeout: 20_000, interval: 200 }).toBeGreaterThan(before);
      await client.vanish();
      relaying = relay.start(command);
      await relaying.until(ready);
    });
  });

  it('perfdhcp, a relay itself, gets every exchange and renewal; releases are not answered', async () => {
    const { output } = await relay.run([
      ...['perfdhcp', '-4', '-l', '10.81.1.9', '-r', '20', '-n', '60', '-R', '40', '-f', '10', '-F', '5'],
      ...['-d', '5', '-W', '5000000', '10.81.1.1'],
    ]);
    for (const exchange of ['DISCOVER-OFFER', 'REQUEST-ACK', 'REQUEST-ACK (renewal)']) {
      const [, statistics = ''] = output.split(`***Statistics for: ${exchange}***`);
      expect(Number(/received packets: (\d+)/.exec(statistics)?.[1]), output).toBeGreaterThan(0);
      expect(/drops: (\d+)/.exec(statistics)?.[1], output).toBe('0');
    }
    expect(server.output()).not.toMatch(/could not answer|not acknowledged/);
  });

  describe('what a relay may say', () => {
    const mac = '52:54:00:81:07:55';
    const relayed = (options: [number, Uint8Array][], giaddr = '10.81.7.1'): Dhcp4Packet =>
      aMessage('discover', mac, { giaddr: number(giaddr), hops: 1 }, options);
    const subOptions = (...bytes: number[]): [number, Uint8Array] => [82, Uint8Array.of(...bytes)];
    const offered = (answers: Dhcp4Packet[]): string[] =>
      answers
        .filter(({ options }) => readNumber(options, option.messageType) === messageType.offer)
        .map(({ yiaddr }) => ipv4FromNumber(yiaddr).replace(/\d+$/, 'x'));

    it.each<[string, [number, Uint8Array][], string]>([
      ['giaddr alone decides', [], '10.81.7.x'],
      ['link selection is above giaddr (RFC 3527)', [subOptions(5, 4, 10, 81, 8, 0)], '10.81.8.x'],
      ['subnet selection is above giaddr (RFC 3011)', [[118, ipBytes(number('10.81.8.0'))]], '10.81.8.x'],
      [
        'link selection is above subnet selection',
        [[118, ipBytes(number('10.81.7.0'))], subOptions(5, 4, 10, 81, 8, 0)],
        '10.81.8.x',
      ],
    ])('%s', async (_sentence, options, expected) => {
      const answers = await ask(relay, '10.81.7.1:67', '10.81.1.1:67', relayed(options));
      expect(offered(answers)).toEqual([expected]);
    });

    it('its answers go to port 67, whatever port it sent from', async () => {
      const answers = await ask(relay, '10.81.7.1:10067', '10.81.1.1:67', relayed([]));
      expect(offered(answers)).toEqual([]);
    });

    it('its answers go to the port that it sent from, if it says so (RFC 8357)', async () => {
      const message = relayed([subOptions(19, 0)]);
      const answers = await ask(relay, '10.81.7.1:10067', '10.81.1.1:67', message);
      expect(offered(answers)).toEqual(['10.81.7.x']);
      expect(answers[0]?.options.get(82)).toEqual(Buffer.of(19, 0));
    });

    it('it may stand in for the server (RFC 5107)', async () => {
      const message = relayed([subOptions(11, 4, 10, 81, 7, 1)]);
      const [answer] = await ask(relay, '10.81.7.1:67', '10.81.1.1:67', message);
      expect(readNumber(answer?.options ?? new Map(), option.serverIdentifier)).toBe(number('10.81.7.1'));
    });

    it('a relay of a network that nobody described hears nothing', async () => {
      const answers = await ask(relay, '10.81.7.1:67', '10.81.1.1:67', relayed([], '192.0.2.1'));
      expect(answers).toEqual([]);
    });
  });
});
