import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aMachine, anAddress, aSubnet, aVlan } from '../../../test/fixtures/objects.ts';
import { ipAddressKind } from '../../api/ip-address/schema.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { subnetKind } from '../../api/subnet/schema.ts';
import { vlanKind } from '../../api/vlan/schema.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { silentLogger } from '../../log/logger.ts';
import type { DhcpNetwork } from '../dhcp4/ports.ts';
import type { NetworkInterface } from '../net/interfaces.ts';
import { createDhcpBackend, type RackNetworks } from './dhcp-backend.ts';
import { reservationFor } from './reservation.ts';
import { createWorld, machineByMac, type World } from './world.ts';

const mac = '52:54:00:00:00:01';
const network: DhcpNetwork = {
  vlan: 'vlan-1',
  subnets: [
    {
      name: 'subnet-1',
      cidr: '10.0.0.0/24',
      gateway: '10.0.0.1',
      dnsServers: [],
      ntpServers: [],
      dynamicRanges: [{ start: '10.0.0.100', end: '10.0.0.199' }],
      leaseSeconds: 600,
      serverAddress: '10.0.0.2',
      bootDisabled: false,
    },
  ],
};
const laterOn = { creationTimestamp: '2026-02-01T00:00:00Z' };

describe("a client's reservation", () => {
  it.each([
    ['is the address with its MAC', [anAddress('10.0.0.9', { spec: { mac } })], '10.0.0.9'],
    ['is none without an address', [], undefined],
    ['is none on another network', [anAddress('10.0.0.9', { spec: { mac, subnet: 'other' } })], undefined],
    ['is none outside its subnet', [anAddress('10.9.0.9', { spec: { mac } })], undefined],
    ["is never the gateway's address", [anAddress('10.0.0.1', { spec: { mac } })], undefined],
    ["is never the rack's own address", [anAddress('10.0.0.2', { spec: { mac } })], undefined],
    ['is never the broadcast address', [anAddress('10.0.0.255', { spec: { mac } })], undefined],
    ['is no IPv6 address', [anAddress('fd00::9', { spec: { mac } })], undefined],
    ['may lie in a dynamic range', [anAddress('10.0.0.150', { spec: { mac } })], '10.0.0.150'],
    [
      'is the older one of two',
      [
        anAddress('10.0.0.8', { spec: { mac }, metadata: laterOn }),
        anAddress('10.0.0.9', { spec: { mac } }),
        anAddress('10.0.0.7', { spec: { mac }, metadata: laterOn }),
      ],
      '10.0.0.9',
    ],
    [
      'is the one that is usable, where an older one is not',
      [
        anAddress('10.0.0.255', { spec: { mac } }),
        anAddress('10.0.0.9', { spec: { mac }, metadata: laterOn }),
      ],
      '10.0.0.9',
    ],
  ])('%s', (_sentence, candidates, expected) => {
    expect(reservationFor(mac, network, candidates)?.address).toBe(expected);
  });

  it('brings its host name', () => {
    const address = anAddress('10.0.0.9', { spec: { mac, hostname: 'web-1' } });
    expect(reservationFor(mac, network, [address])).toEqual({
      mac,
      address: '10.0.0.9',
      subnet: 'subnet-1',
      hostname: 'web-1',
    });
  });
});

describe('the networks of a rack', () => {
  let client: MemoryClient;
  let world: World;
  let interfaces: NetworkInterface[];
  let networks: RackNetworks;

  beforeEach(async () => {
    client = createMemoryClient({ clock: { now: () => 0 } });
    world = createWorld(client, silentLogger);
    interfaces = [nic('eth1', '10.0.0.2')];
    world.start();
    await world.synced();
    networks = createDhcpBackend({
      world,
      rackName: 'rack-1',
      interfaces: [],
      listInterfaces: () => interfaces,
      httpPort: 7480,
      seen: () => undefined,
    });
    await client.create(vlanKind, aVlan());
    await client.create(subnetKind, aSubnet());
    await expect.poll(() => world.subnets.list().length + world.vlans.list().length).toBe(2);
  });
  afterEach(async () => {
    await world.stop();
  });

  function nic(name: string, address: string): NetworkInterface {
    const entry = { family: 4 as const, address, cidr: `${address}/24` };
    return { name, mac: '02:00:00:00:00:01', addresses: [entry] };
  }

  it('are found by interface, the same object until something changes', async () => {
    const first = networks.backend.networkOf('eth1');
    expect(first?.subnets[0]?.serverAddress).toBe('10.0.0.2');
    expect(networks.backend.networkOf('eth1')).toBe(first);
    await client.patch(subnetKind, 'subnet-1', { spec: { leaseSeconds: 60 } });
    await expect.poll(() => networks.backend.networkOf('eth1')?.subnets[0]?.leaseSeconds).toBe(60);
  });

  it('are unknown for an interface that is on no subnet', () => {
    expect(networks.backend.networkOf('eth9')).toBeUndefined();
  });

  it('follow a new address at the next look', () => {
    expect(networks.backend.networkOf('eth2')).toBeUndefined();
    interfaces = [nic('eth1', '10.0.0.2'), nic('eth2', '10.0.0.3')];
    expect(networks.attachments().map(({ interface: { name } }) => name)).toEqual(['eth1', 'eth2']);
    expect(networks.backend.networkOf('eth2')?.subnets[0]?.serverAddress).toBe('10.0.0.3');
  });

  it("behind a relay are all of its VLAN, the relay's own subnet first", async () => {
    await client.create(vlanKind, aVlan({ name: 'far', spec: { vid: 7 } }));
    const far = { vlan: 'far' };
    await client.create(subnetKind, aSubnet({ name: 'far-a', spec: { ...far, cidr: '10.7.0.0/24' } }));
    await client.create(subnetKind, aSubnet({ name: 'far-b', spec: { ...far, cidr: '10.7.1.0/24' } }));
    await expect.poll(() => world.subnets.list().length + world.vlans.list().length).toBe(5);
    const found = networks.backend.networkOfRelay('10.7.1.1');
    expect(found?.vlan).toBe('far');
    expect(found?.subnets.map(({ name }) => name)).toEqual(['far-b', 'far-a']);
    expect(found?.subnets.map(({ serverAddress }) => serverAddress)).toEqual(['10.0.0.2', '10.0.0.2']);
    expect(networks.backend.networkOfRelay('10.7.1.1')).toBe(found);
  });

  it('behind a relay have the address of the interface that it spoke to', async () => {
    await client.create(vlanKind, aVlan({ name: 'far', spec: { vid: 7 } }));
    await client.create(subnetKind, aSubnet({ name: 'far-a', spec: { vlan: 'far', cidr: '10.7.0.0/24' } }));
    interfaces = [nic('eth1', '10.0.0.2'), nic('eth2', '10.0.0.3')];
    networks.attachments();
    const serverAt = (device: string) =>
      networks.backend.networkOfRelay('10.7.0.1', device)?.subnets[0]?.serverAddress;
    await expect.poll(() => serverAt('eth2')).toBe('10.0.0.3');
    expect(serverAt('eth1')).toBe('10.0.0.2');
  });

  it("behind a relay are those of the VLAN that names it, and of a VLAN's own relays alone", async () => {
    const dhcp = { enabled: true, mode: 'Proxy' as const, relayFrom: ['192.0.2.1', '10.7.0.1'] };
    await client.create(vlanKind, aVlan({ name: 'far', spec: { vid: 7, dhcp } }));
    await client.create(subnetKind, aSubnet({ name: 'far-a', spec: { vlan: 'far', cidr: '10.7.0.0/24' } }));
    const behind = (giaddr: string, senders: string[]) =>
      networks.backend.networkOfRelay(giaddr, 'eth1', senders);
    await expect.poll(() => behind('192.0.2.1', ['192.0.2.1'])?.vlan).toBe('far');
    expect(behind('10.7.0.1', ['10.7.0.1'])).toMatchObject({ vlan: 'far', mode: 'Proxy' });
    expect(behind('10.7.0.9', ['10.7.0.9'])).toBeUndefined();
    expect(behind('10.7.0.9', ['10.7.0.9', '192.0.2.1'])?.vlan).toBe('far');
    // A client that renews past its relay is no relay.
    expect(networks.backend.networkOfRelay('10.7.0.9', 'eth1')?.vlan).toBe('far');
  });

  it.each(['10.99.0.1', 'nonsense', ''])('are none behind the relay %j', (giaddr) => {
    expect(networks.backend.networkOfRelay(giaddr)).toBeUndefined();
  });

  it('give nobody a boot file where booting is disabled', () => {
    const client = {
      mac,
      architecture: 0,
      userClass: undefined,
      vendorClass: 'PXEClient',
      uuid: undefined,
    };
    const [subnet] = network.subnets;
    expect(networks.backend.boot(client, subnet!)).toMatchObject({ kind: 'File', nextServer: '10.0.0.2' });
    expect(networks.backend.boot(client, { ...subnet!, bootDisabled: true })).toEqual({ kind: 'None' });
  });

  it('know the reservations of the cluster', async () => {
    await client.create(ipAddressKind, anAddress('10.0.0.9', { spec: { mac } }));
    await expect.poll(() => networks.backend.reservation(mac, network)?.address).toBe('10.0.0.9');
  });

  it('leave out of the ranges what is reserved inside them, and have it back when that is gone', async () => {
    const taken = (): readonly string[] => networks.backend.networkOf('eth1')?.subnets[0]?.taken ?? [];
    await client.patch(subnetKind, 'subnet-1', {
      spec: { ranges: { dynamic: [{ start: '10.0.0.100', end: '10.0.0.199' }] } },
    });
    await expect.poll(() => networks.backend.networkOf('eth1')?.subnets[0]?.dynamicRanges.length).toBe(1);
    const before = networks.backend.networkOf('eth1');
    await client.create(ipAddressKind, anAddress('10.0.0.9'));
    await expect.poll(() => world.addresses.list().length).toBe(1);
    expect(networks.backend.networkOf('eth1')).toBe(before);
    await client.create(ipAddressKind, anAddress('10.0.0.150'));
    await expect.poll(taken).toEqual(['10.0.0.150']);
    await client.delete(ipAddressKind, '10.0.0.150');
    await expect.poll(taken).toEqual([]);
  });

  it('name the other subnets of the wire, whose clients are not refused', async () => {
    await client.create(
      subnetKind,
      aSubnet({ name: 'theirs', spec: { cidr: '10.9.0.0/24', managed: false } }),
    );
    await expect.poll(() => networks.backend.networkOf('eth1')?.elsewhere).toEqual(['10.9.0.0/24']);
  });

  it('carry the options that people set, the same lists until they are changed', async () => {
    const dhcpOptions = [{ name: 'root-path' as const, text: '/srv' }];
    await client.create(machineKind, aMachine({ name: 'a', spec: { dhcpOptions } }));
    await client.create(ipAddressKind, anAddress('10.0.0.9', { spec: { mac, dhcpOptions } }));
    await client.patch(subnetKind, 'subnet-1', {
      spec: {
        dhcpOptions,
        searchDomains: ['example.com'],
        staticRoutes: [{ destination: '10.7.0.0/16', gateway: '10.0.0.7' }],
        ranges: { dynamic: [{ start: '10.0.0.100', end: '10.0.0.199', dhcpOptions }] },
      },
    });
    await expect.poll(() => networks.backend.machineOptions?.(mac)).toEqual(dhcpOptions);
    expect(networks.backend.machineOptions?.(mac)).toBe(networks.backend.machineOptions?.(mac));
    await expect
      .poll(() => networks.backend.networkOf('eth1')?.subnets[0])
      .toMatchObject({
        options: dhcpOptions,
        searchDomains: ['example.com'],
        staticRoutes: [{ destination: '10.7.0.0/16', gateway: '10.0.0.7' }],
        dynamicRanges: [{ options: dhcpOptions }],
      });
    const here = networks.backend.networkOf('eth1')!;
    expect(networks.backend.reservation(mac, here)?.options).toEqual(dhcpOptions);
    expect(networks.backend.reservation(mac, here)).toBe(networks.backend.reservation(mac, here));
  });

  it('name the first by name of two machines of one second that claim one MAC address', async () => {
    for (const name of ['b', 'a', 'c']) await client.create(machineKind, aMachine({ name }));
    await expect.poll(() => world.machines.list().length).toBe(3);
    expect(machineByMac(world, mac)?.metadata.name).toBe('a');
    expect(machineByMac(world, '52:54:00:00:00:99')).toBeUndefined();
  });
});
