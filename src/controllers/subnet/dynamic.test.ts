import { describe, expect, it } from 'vitest';
import { aRack, aSubnet } from '../../../test/fixtures/objects.ts';
import type { Rack } from '../../api/rack/schema.ts';
import { countDynamic } from './dynamic.ts';

type Slice = NonNullable<NonNullable<Rack['status']>['slices']>[number];

const subnet = aSubnet({
  name: 's',
  spec: {
    ranges: {
      dynamic: [
        { start: '10.0.0.100', end: '10.0.0.199' },
        { start: '10.0.0.220', end: '10.0.0.229' },
      ],
      reserved: [],
    },
  },
});

const slice = (start: string, end: string, leases: number, state: Slice['state'] = 'Open'): Slice => ({
  ...{ subnet: 's', start, end, state, leases },
});
const silent = {
  type: 'Ready',
  status: 'Unknown',
  reason: 'RackSilent',
  message: '-',
  lastTransitionTime: '2026-01-01T00:00:00Z',
} as const;
const rack = (name: string, slices: Slice[], isGone = false): Rack =>
  aRack({ name, status: { slices, ...(isGone ? { conditions: [silent] } : {}) } });

describe('how full dynamic ranges are', () => {
  it('is counted over all racks, range by range', () => {
    const racks = [
      rack('b', [slice('10.0.0.100', '10.0.0.149', 30), slice('10.0.0.220', '10.0.0.229', 10)]),
      rack('a', [
        slice('10.0.0.150', '10.0.0.199', 3),
        { ...slice('10.0.0.150', '10.0.0.199', 9), subnet: 'other' },
      ]),
    ];
    expect(countDynamic(subnet, racks)).toEqual({
      leases: 43,
      utilisationPercent: 39,
      summary: '10.0.0.100-10.0.0.199 33/100 (33%), 10.0.0.220-10.0.0.229 10/10 (100%)',
      ranges: [
        {
          start: '10.0.0.100',
          end: '10.0.0.199',
          size: 100,
          leases: 33,
          utilisationPercent: 33,
          racks: ['a', 'b'],
        },
        {
          start: '10.0.0.220',
          end: '10.0.0.229',
          size: 10,
          leases: 10,
          utilisationPercent: 100,
          racks: ['b'],
        },
      ],
    });
  });

  it('is nothing where no rack has a slice', () => {
    expect(countDynamic(subnet, [])).toMatchObject({ leases: 0, utilisationPercent: 0 });
  });

  it('counts a slice once when its rack fell silent and another took it over', () => {
    const taken = rack('b', [slice('10.0.0.100', '10.0.0.149', 5, 'Blocked')]);
    const gone = rack('a', [slice('10.0.0.100', '10.0.0.149', 40)], true);
    for (const racks of [
      [taken, gone],
      [gone, taken],
    ])
      expect(countDynamic(subnet, racks)).toMatchObject({
        leases: 5,
        ranges: [{ racks: ['b'] }, { racks: [] }],
      });
  });

  it('is not said of a subnet without dynamic IPv4 ranges', () => {
    expect(countDynamic(aSubnet(), [])).toBeUndefined();
  });
});
