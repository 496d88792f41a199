import { describe, expect, it } from 'vitest';
import { aSubnet, aVlan } from '../../../test/fixtures/objects.ts';
import type { NetworkInterface } from '../net/interfaces.ts';
import { type Attachment, attach, dhcpNetworkOf } from './topology.ts';

function nic(name: string, ...cidrs: string[]): NetworkInterface {
  return {
    name,
    mac: '02:00:00:00:00:01',
    addresses: cidrs.map((cidr) => {
      const [address = ''] = cidr.split('/');
      return { family: cidr.includes(':') ? (6 as const) : (4 as const), address, cidr };
    }),
  };
}

const office = aSubnet({ name: 'office', spec: { vlan: 'office', cidr: '192.168.7.0/24' } });
const machines = aSubnet({ name: 'machines', spec: { vlan: 'machines', cidr: '10.0.0.0/24' } });
const moreMachines = aSubnet({ name: 'more', spec: { vlan: 'machines', cidr: '10.0.1.0/24' } });
const six = aSubnet({ name: 'six', spec: { vlan: 'machines', cidr: 'fd00::/64' } });
const all = [office, machines, moreMachines, six];

function summary(attachments: Attachment[]) {
  return attachments.map(({ interface: { name }, vlan, subnets }) => ({
    name,
    vlan,
    subnets: subnets.map(({ subnet, address }) => `${subnet.metadata.name} ${address}`),
  }));
}

describe('where the interfaces of a rack are wired to', () => {
  it.each([
    ['an address tells the VLAN', [nic('eth1', '10.0.0.2/24')], 'machines', ['machines 10.0.0.2']],
    ['an address in no subnet tells nothing', [nic('eth1', '172.16.0.1/24')], undefined, []],
    [
      'several subnets of the VLAN are all served',
      [nic('eth1', '10.0.0.2/24', '10.0.1.2/24', 'fd00::2/64')],
      'machines',
      ['machines 10.0.0.2', 'more 10.0.1.2', 'six fd00::2'],
    ],
    [
      'a second address in a subnet changes nothing',
      [nic('eth1', '10.0.0.2/24', '10.0.0.3/24')],
      'machines',
      ['machines 10.0.0.2'],
    ],
    [
      'the first address decides between two VLANs',
      [nic('eth1', '192.168.7.2/24', '10.0.0.2/24')],
      'office',
      ['office 192.168.7.2'],
    ],
  ])('%s', (_sentence, interfaces, vlan, subnets) => {
    expect(summary(attach(interfaces, [], [], all))).toEqual([{ name: 'eth1', vlan, subnets }]);
  });

  it("believes the Rack's spec before the address", () => {
    const interfaces = [nic('eth1', '192.168.7.2/24', '10.0.0.2/24')];
    const attached = attach(interfaces, [], [{ name: 'eth1', vlan: 'machines' }], all);
    expect(summary(attached)).toEqual([{ name: 'eth1', vlan: 'machines', subnets: ['machines 10.0.0.2'] }]);
  });

  it('takes only the interfaces that are wanted', () => {
    const interfaces = [nic('eth0', '192.168.7.2/24'), nic('eth1', '10.0.0.2/24')];
    expect(summary(attach(interfaces, ['eth1'], [], all)).map(({ name }) => name)).toEqual(['eth1']);
  });

  it('goes to the older of two subnets of one CIDR, in whatever order they come', () => {
    const first = aSubnet({ name: 'z-first', spec: { vlan: 'a' } });
    const second = aSubnet({
      name: 'b-second',
      spec: { vlan: 'b' },
      metadata: { creationTimestamp: '2026-02-01T00:00:00Z' },
    });
    for (const subnets of [
      [first, second],
      [second, first],
    ]) {
      expect(summary(attach([nic('eth1', '10.0.0.2/24')], [], [], subnets))).toEqual([
        { name: 'eth1', vlan: 'a', subnets: ['z-first 10.0.0.2'] },
      ]);
    }
  });
});

describe('what DHCP hands out on an attachment', () => {
  const attachment = (subnet: typeof machines, address = '10.0.0.2'): Attachment => ({
    interface: nic('eth1', `${address}/24`),
    vlan: 'machines',
    subnets: [{ subnet, address }],
  });

  it.each([
    ['nothing on an unknown VLAN', attachment(machines), undefined],
    [
      'nothing where DHCP is off',
      attachment(machines),
      aVlan({ spec: { dhcp: { enabled: false, mode: 'Server', relayFrom: [] } } }),
    ],
    [
      'nothing in mode None',
      attachment(machines),
      aVlan({ spec: { dhcp: { enabled: true, mode: 'None', relayFrom: [] } } }),
    ],
    ['nothing in a subnet that is not managed', attachment(aSubnet({ spec: { managed: false } })), aVlan()],
    ['nothing in an IPv6 subnet', attachment(six, 'fd00::2'), aVlan()],
  ])('%s', (_sentence, where, vlan) => {
    expect(dhcpNetworkOf(where, vlan)).toBeUndefined();
  });

  it.each([
    ['Server', true, 'Server'],
    ['Proxy', true, 'Proxy'],
    ['Proxy', false, undefined],
  ] as const)('mode %s, enabled %s: %s', (mode, enabled, expected) => {
    const vlan = aVlan({ spec: { dhcp: { enabled, mode, relayFrom: [] } } });
    expect(dhcpNetworkOf(attachment(machines), vlan)?.mode).toBe(expected);
  });

  it('carries over what the Subnet and the VLAN say, IPv4 alone', () => {
    const subnet = aSubnet({
      name: 'machines',
      spec: {
        gateway: '10.0.0.1',
        dnsServers: ['10.0.0.53', 'fd00::53'],
        ntpServers: ['fd00::123', '10.0.0.123'],
        domainName: 'example.com',
        ranges: { dynamic: [{ start: '10.0.0.100', end: '10.0.0.199', comment: 'x' }], reserved: [] },
        leaseSeconds: 600,
        bootDisabled: true,
      },
    });
    expect(dhcpNetworkOf(attachment(subnet), aVlan({ name: 'machines', spec: { mtu: 9000 } }))).toEqual({
      vlan: 'machines',
      mode: 'Server',
      elsewhere: [],
      subnets: [
        {
          name: 'machines',
          cidr: '10.0.0.0/24',
          gateway: '10.0.0.1',
          dnsServers: ['10.0.0.53'],
          ntpServers: ['10.0.0.123'],
          domainName: 'example.com',
          mtu: 9000,
          dynamicRanges: [{ start: '10.0.0.100', end: '10.0.0.199' }],
          leaseSeconds: 600,
          serverAddress: '10.0.0.2',
          bootDisabled: true,
        },
      ],
    });
  });
});
