import { randomFillSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DhcpSubnet } from '../../../src/rack/dhcp4/ports.ts';
import {
  type Background,
  createNetns,
  type Namespace,
  type Netns,
  requireTools,
} from '../netns/namespaces.ts';
import type { FirmwareRackConfig } from './rack-process.ts';
import { makeTestKernel } from './test-kernel.ts';

/** Where a machine is plugged in: the rack's own bridge, or one behind a relay. */
export type Place = 'direct' | 'relayed';

/** The networks of the tests, the rack and the relay, all of it in namespaces. */
export interface FirmwareSetting {
  directory: string;
  rack: Namespace;
  /** Where machines run: a namespace with the bridge `br0` in it. */
  bridges: Record<Place, Namespace>;
  /** What the rack printed: JSON log lines. */
  log(): string;
  /** The datagrams that the rack received: port, sender and bytes in hex. */
  received(): { port: number; from: string; bytes: Uint8Array }[];
  /** Plugs a new tap into the bridge; its name. */
  tap(place: Place): Promise<string>;
  /** A new namespace whose `eth0` is plugged into the rack's bridge. */
  neighbour(name: string): Promise<Namespace>;
  close(): Promise<void>;
}

export const rackAddress = '10.81.1.1';
export const httpPort = 7480;

/**
 * The rack and the bridges are in namespaces of their own, and no bridge has an address: a loose interface beside an address
 * would answer ARP for it (Linux' weak host model), and firmware believes whoever answers first.
 *
 *     rack ── near (br0: machines) ── relay (routes, dhcrelay) ── far (br0: machines)
 *
 * @param addresses who gives the addresses on the near network; when it is dnsmasq, the rack is a proxy beside it
 */
export async function createFirmwareSetting(
  machines: Record<string, string>,
  addresses: 'rack' | 'dnsmasq' = 'rack',
): Promise<FirmwareSetting> {
  requireTools('ip', 'qemu-system-x86_64', 'dhcrelay', 'dnsmasq');
  const directory = mkdtempSync(join(tmpdir(), 'mw-firmware-'));
  const netns = createNetns();
  try {
    return await build(netns, directory, machines, addresses);
  } catch (error) {
    await netns.close();
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

async function build(
  netns: Netns,
  directory: string,
  machines: Record<string, string>,
  addresses: 'rack' | 'dnsmasq',
): Promise<FirmwareSetting> {
  const [rack, near, relay, far] = [
    await netns.create('fwrack'),
    await netns.create('fwnear'),
    await netns.create('fwrelay'),
    await netns.create('fwfar'),
  ];
  for (const space of [near, far]) {
    await space.ip('link', 'add', 'br0', 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
    await space.ip('link', 'set', 'br0', 'up', 'arp', 'off');
  }
  const plug = (space: Namespace, device: string): Promise<void> =>
    space.ip('link', 'set', device, 'master', 'br0');
  await netns.cable(rack, 'eth0', near, 'torack');
  await netns.cable(relay, 'up0', near, 'torelay');
  await netns.cable(relay, 'down0', far, 'torelay');
  await plug(near, 'torack');
  await plug(near, 'torelay');
  await plug(far, 'torelay');
  await rack.ip('address', 'add', `${rackAddress}/24`, 'dev', 'eth0');
  await relay.ip('address', 'add', '10.81.1.254/24', 'dev', 'up0');
  await relay.ip('address', 'add', '10.81.2.254/24', 'dev', 'down0');
  await rack.ip('route', 'add', '10.81.2.0/24', 'via', '10.81.1.254');
  await relay.run(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);

  const path = (name: string): string => join(directory, name);
  writeFileSync(path('kernel'), makeTestKernel());
  writeFileSync(path('initrd'), randomFillSync(new Uint8Array(64 * 1024)));
  const config: FirmwareRackConfig = {
    ...{ directory, device: 'eth0', address: rackAddress, httpPort, machines },
    near: { vlan: 'near', subnets: [subnet(1)], mode: addresses === 'rack' ? 'Server' : 'Proxy' },
    relayed: [{ vlan: 'far', subnets: [subnet(2)] }],
    ...{ kernel: path('kernel'), initrd: path('initrd'), record: path('received') },
  };
  writeFileSync(path('rack.json'), JSON.stringify(config));
  const server: Background = rack.start([
    process.execPath,
    join(import.meta.dirname, 'rack-process.ts'),
    path('rack.json'),
  ]);
  const relaying = relay.start([
    ...['dhcrelay', '-4', '-d', '-a', '--no-pid', '-iu', 'up0', '-id', 'down0', rackAddress],
  ]);
  // As routers do it. Without one iPXE asks for sixteen seconds for a router of IPv6 before it goes on with IPv4.
  await relay.ip('address', 'add', 'fd81:2::254/64', 'dev', 'down0', 'nodad');
  const routing = relay.start([
    ...['dnsmasq', '--no-daemon', '--port=0', '--conf-file=/dev/null', '--pid-file=', '--interface=down0'],
    ...['--bind-interfaces', '--enable-ra', '--dhcp-range=fd81:2::,ra-only,64,10m'],
  ]);
  await Promise.all([
    server.until(/rack ready/, 60_000),
    relaying.until(/Listening on.*down0/, 60_000),
    routing.until(/router advertisement/i, 60_000),
  ]);

  const neighbour = async (name: string): Promise<Namespace> => {
    const space = await netns.create(name);
    await netns.cable(space, 'eth0', near, `to${name}`);
    await plug(near, `to${name}`);
    return space;
  };
  if (addresses === 'dnsmasq') {
    const other = await neighbour('fwother');
    await other.ip('address', 'add', '10.81.1.2/24', 'dev', 'eth0');
    const { cidr, dynamicRanges } = subnet(1);
    const serving = other.start([
      ...['dnsmasq', '--no-daemon', '--port=0', '--conf-file=/dev/null', '--pid-file=', '--log-dhcp'],
      ...['--no-ping', '--dhcp-authoritative', `--dhcp-leasefile=${path('dnsmasq.leases')}`],
      ...dynamicRanges.map(({ start, end }) => `--dhcp-range=${start},${end},255.255.255.0,10m`),
      `--dhcp-option=option:router,${cidr.replace('0/24', '254')}`,
    ]);
    await serving.until(/DHCP, IP range/, 60_000);
  }

  const bridges = { direct: near, relayed: far };
  let taps = 0;
  return {
    directory,
    rack,
    bridges,
    log: () => server.output(),
    received() {
      if (!existsSync(path('received'))) return [];
      const lines = readFileSync(path('received'), 'utf8').split('\n').filter(Boolean);
      return lines.map((line) => {
        const [port = '', from = '', hex = ''] = line.split(' ');
        return { port: Number(port), from, bytes: Uint8Array.from(Buffer.from(hex, 'hex')) };
      });
    },
    async tap(place) {
      taps += 1;
      const name = `tap${taps}`;
      await bridges[place].ip('tuntap', 'add', name, 'mode', 'tap');
      await bridges[place].ip('link', 'set', name, 'up', 'arp', 'off', 'master', 'br0');
      return name;
    },
    neighbour,
    async close() {
      await server.stop();
      await netns.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function subnet(number: 1 | 2): DhcpSubnet {
  return {
    name: number === 1 ? 'near' : 'far',
    cidr: `10.81.${number}.0/24`,
    gateway: `10.81.${number}.254`,
    dnsServers: [rackAddress],
    ntpServers: [rackAddress],
    domainName: 'rack.example',
    dynamicRanges: [{ start: `10.81.${number}.10`, end: `10.81.${number}.249` }],
    leaseSeconds: 600,
    serverAddress: rackAddress,
    bootDisabled: false,
  };
}
