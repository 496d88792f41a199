import { describe, expect, it } from 'vitest';
import type { Subnet } from '../../../../src/api/subnet/schema.ts';
import type { Vlan } from '../../../../src/api/vlan/schema.ts';
import { treeOf } from './tree.ts';
import { dhcpWords, partsOfUse, shortCount } from './use.ts';

const vlan = (name: string, fabric: string, vid: number): Vlan => ({
  ...{ apiVersion: 'metalwright.dev/v1alpha1', kind: 'VLAN', metadata: { name } },
  spec: { fabric, vid, mtu: 1500, dhcp: { enabled: true, mode: 'Server', relayFrom: [] } },
});
const subnet = (name: string, of: string): Subnet => ({
  ...{ apiVersion: 'metalwright.dev/v1alpha1', kind: 'Subnet', metadata: { name } },
  spec: {
    ...{ vlan: of, cidr: '10.0.0.0/24', dnsServers: [], ntpServers: [] },
    ...{ ranges: { dynamic: [], reserved: [] }, managed: true, leaseSeconds: 3600, bootDisabled: false },
  },
});
const fabric = (name: string, description?: string) => ({
  metadata: { name },
  spec: description === undefined ? {} : { description },
});

describe('the tree of networks', () => {
  it('has VLANs by id below their fabrics, and subnets by name below those', () => {
    const tree = treeOf(
      [fabric('b'), fabric('a', 'the first')],
      [vlan('late', 'a', 20), vlan('early', 'a', 3), vlan('other', 'b', 0)],
      [subnet('z', 'early'), subnet('y', 'early'), subnet('x', 'other')],
    );
    expect(
      tree.map(({ name, vlans }) => [
        name,
        vlans.map((each) => [each.name, each.subnets.map((s) => s.metadata.name)]),
      ]),
    ).toEqual([
      [
        'a',
        [
          ['early', ['y', 'z']],
          ['late', []],
        ],
      ],
      ['b', [['other', ['x']]]],
    ]);
    expect(tree[0]?.description).toBe('the first');
  });

  it('loses nothing that names what there is not', () => {
    const tree = treeOf([], [vlan('v', 'gone', 1)], [subnet('s', 'v'), subnet('t', 'nowhere')]);
    expect(tree).toMatchObject([
      {
        name: '',
        exists: false,
        vlans: [{ name: 'nowhere', vlan: undefined, subnets: [{ metadata: { name: 't' } }] }],
      },
      { name: 'gone', exists: false, vlans: [{ name: 'v', subnets: [{ metadata: { name: 's' } }] }] },
    ]);
  });
});

describe('the use of a subnet', () => {
  const counts = { assigned: 64, dynamic: '32', reserved: '16', free: '0', utilisationPercent: 0 };
  it('is in shares of the whole', () =>
    expect(partsOfUse({ ...counts, total: '128' }).map(({ share }) => share)).toEqual([0.5, 0.25, 0.125]));
  it('can be worked out for IPv6', () =>
    expect(partsOfUse({ ...counts, total: String(2n ** 64n), dynamic: String(2n ** 63n) })[1]?.share).toBe(
      0.5,
    ));
  it('is nothing for a subnet of no address', () =>
    expect(partsOfUse({ ...counts, total: '0' })).toEqual([]));
});

it.each([
  ['254', '254'],
  ['1048576', '1048576'],
  [String(2n ** 64n), 'about 2^64'],
  [String(2n ** 64n - 2n), 'about 2^64'],
  [String(2n ** 64n + 5n), 'about 2^64'],
])('%s addresses are shown as %s', (count, words) => expect(shortCount(count)).toBe(words));

it.each([
  [{ enabled: true, mode: 'Server' }, 'DHCP'],
  [{ enabled: true, mode: 'Proxy' }, 'DHCP beside another server'],
  [{ enabled: false, mode: 'Server' }, 'no DHCP'],
  [{ enabled: true, mode: 'None' }, 'no DHCP'],
] as const)('%o on a VLAN is %s', (dhcp, words) =>
  expect(dhcpWords({ dhcp: { ...dhcp, relayFrom: [] } })).toBe(words),
);
