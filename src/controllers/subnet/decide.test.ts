import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aSubnet } from '../../../test/fixtures/objects.ts';
import type { Subnet } from '../../api/subnet/schema.ts';
import { countAddresses, decideSubnet, type SubnetObservation } from './decide.ts';

const fine: SubnetObservation = { vlanExists: true, overlapping: [], free: 1n };

function withRanges(
  dynamic: [string, string][],
  reserved: [string, string][] = [],
  part: Partial<Subnet['spec']> = {},
): Subnet {
  const ranges = (list: [string, string][]) => list.map(([start, end]) => ({ start, end }));
  return aSubnet({ spec: { ranges: { dynamic: ranges(dynamic), reserved: ranges(reserved) }, ...part } });
}

describe('what holds of a subnet', () => {
  it.each<[string, Subnet, Partial<SubnetObservation>, 'Ready' | 'Stalled', string, string]>([
    ['it is in order', aSubnet(), {}, 'Ready', 'Accepted', 'managed'],
    [
      'it gives nothing out',
      aSubnet({ spec: { managed: false } }),
      { free: 0n },
      'Ready',
      'Accepted',
      'not managed',
    ],
    ['it is full', aSubnet(), { free: 0n }, 'Ready', 'Exhausted', 'no address is left'],
    ['its VLAN is missing', aSubnet(), { vlanExists: false }, 'Stalled', 'VlanNotFound', 'spec.vlan'],
    [
      'an older one has the same addresses',
      aSubnet(),
      { overlapping: ['first'] },
      'Stalled',
      'Overlaps',
      'Subnet first',
    ],
    [
      'a range is reversed',
      withRanges([['10.0.0.9', '10.0.0.5']]),
      {},
      'Stalled',
      'RangeInvalid',
      'dynamic[0]: start is after end',
    ],
    [
      'a range mixes families',
      withRanges([['10.0.0.9', 'fd00::1']]),
      {},
      'Stalled',
      'RangeInvalid',
      'dynamic[0]',
    ],
    [
      'a range lies outside',
      withRanges([], [['10.0.1.1', '10.0.1.2']]),
      {},
      'Stalled',
      'RangeInvalid',
      'reserved[0]: lies outside',
    ],
    [
      'two ranges overlap',
      withRanges([['10.0.0.5', '10.0.0.9']], [['10.0.0.9', '10.0.0.10']]),
      {},
      'Stalled',
      'RangeInvalid',
      'reserved[0]: overlaps with spec.ranges.dynamic[0]',
    ],
    [
      'an option of it cannot be sent',
      aSubnet({ spec: { dhcpOptions: [{ code: 26, text: 'large' }] } }),
      {},
      'Ready',
      'OptionInvalid',
      'spec.dhcpOptions: option',
    ],
    [
      'an option of a range cannot be sent',
      aSubnet({
        spec: {
          ranges: {
            dynamic: [{ start: '10.0.0.5', end: '10.0.0.9', dhcpOptions: [{ code: 53, hex: '01' }] }],
            reserved: [],
          },
        },
      }),
      {},
      'Ready',
      'OptionInvalid',
      'spec.ranges.dynamic[0].dhcpOptions',
    ],
  ])('%s', (_sentence, subnet, part, state, reason, message) => {
    const updates = decideSubnet(subnet, { ...fine, ...part });
    expect(updates.find(({ status }) => status === 'True')).toMatchObject({
      type: state,
      reason,
      message: expect.stringContaining(message),
    });
  });
});

describe('how the addresses of a subnet are used', () => {
  it.each<[string, Subnet, string[], ReturnType<typeof countAddresses>]>([
    [
      'an empty one is free but for network and broadcast',
      aSubnet(),
      [],
      { total: '254', assigned: 0, dynamic: '0', reserved: '0', free: '254', utilisationPercent: 0 },
    ],
    [
      'gateway, ranges and addresses are used, each once',
      withRanges([['10.0.0.100', '10.0.0.199']], [['10.0.0.1', '10.0.0.9']], { gateway: '10.0.0.1' }),
      ['10.0.0.1', '10.0.0.20', '10.0.0.150'],
      { total: '254', assigned: 3, dynamic: '100', reserved: '9', free: '144', utilisationPercent: 43 },
    ],
    [
      'a /64 is counted exactly',
      aSubnet({ spec: { cidr: 'fd00::/64' } }),
      ['fd00::1'],
      {
        total: '18446744073709551615',
        assigned: 1,
        dynamic: '0',
        reserved: '0',
        free: '18446744073709551614',
        utilisationPercent: 0,
      },
    ],
    [
      'a /32 is one address',
      aSubnet({ spec: { cidr: '10.0.0.7/32' } }),
      ['10.0.0.7'],
      { total: '1', assigned: 1, dynamic: '0', reserved: '0', free: '0', utilisationPercent: 100 },
    ],
  ])('%s', (_sentence, subnet, assigned, expected) => {
    expect(countAddresses(subnet, assigned)).toEqual(expected);
  });

  it('leaves as much free as was not taken', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 254 })), (hosts) => {
        const counts = countAddresses(
          aSubnet(),
          hosts.map((host) => `10.0.0.${host}`),
        );
        expect(Number(counts.free) + hosts.length).toBe(254);
        expect(counts.utilisationPercent).toBe(Math.floor((hosts.length * 100) / 254));
      }),
    );
  });
});
