import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anAddress, aSubnet } from '../../../../test/fixtures/objects.ts';
import { mapOf, nextFreeOf } from './map.ts';

const all = { from: undefined, limit: 1_000 };
const subnet = aSubnet({
  spec: {
    cidr: '10.0.0.0/28',
    gateway: '10.0.0.1',
    ranges: {
      dynamic: [{ start: '10.0.0.8', end: '10.0.0.11' }],
      reserved: [{ start: '10.0.0.2', end: '10.0.0.3' }],
    },
  },
});

describe('the map of a subnet', () => {
  it('shows every use, and what is assigned inside of ranges', () => {
    const { segments, next } = mapOf(subnet, [anAddress('10.0.0.5'), anAddress('10.0.0.9')], all);
    expect(segments.map(({ first, last, use, size }) => `${first}-${last} ${use} ${size}`)).toEqual([
      '10.0.0.1-10.0.0.1 Gateway 1',
      '10.0.0.2-10.0.0.3 Reserved 2',
      '10.0.0.4-10.0.0.4 Free 1',
      '10.0.0.5-10.0.0.5 Assigned 1',
      '10.0.0.6-10.0.0.7 Free 2',
      '10.0.0.8-10.0.0.8 Dynamic 1',
      '10.0.0.9-10.0.0.9 Assigned 1',
      '10.0.0.10-10.0.0.11 Dynamic 2',
      '10.0.0.12-10.0.0.14 Free 3',
    ]);
    expect(next).toBeUndefined();
    expect(segments[3]?.address).toEqual({ name: '10.0.0.5', purpose: 'Static' });
  });

  it('goes on where it left off', () => {
    const first = mapOf(subnet, [], { from: undefined, limit: 2 });
    expect(first.next).toBe('10.0.0.4');
    const rest = mapOf(subnet, [], { from: first.next, limit: 100 });
    expect([...first.segments, ...rest.segments]).toEqual(mapOf(subnet, [], all).segments);
  });

  it('is small for a large IPv6 subnet', () => {
    const large = aSubnet({ spec: { cidr: 'fd00::/64' } });
    const { segments } = mapOf(large, [anAddress('fd00::9')], all);
    expect(segments.map(({ use }) => use)).toEqual(['Free', 'Assigned', 'Free']);
    expect(segments[2]?.size).toBe(String(2n ** 64n - 10n));
  });

  it('has no gaps and no overlaps, whatever is assigned; the next free address is free in it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 14 })), (hosts) => {
        const addresses = hosts.map((host) => anAddress(`10.0.0.${host}`));
        const { segments } = mapOf(subnet, addresses, all);
        const covered = segments.flatMap(({ first, last }) => {
          const [from, to] = [Number(first.split('.')[3]), Number(last.split('.')[3])];
          return Array.from({ length: to - from + 1 }, (_, at) => from + at);
        });
        expect(covered).toEqual(Array.from({ length: 14 }, (_, at) => at + 1));
        const free = segments.find(({ use }) => use === 'Free')?.first;
        expect(
          nextFreeOf(
            subnet,
            addresses.map(({ spec }) => spec.address),
          ),
        ).toBe(free);
      }),
    );
  });
});
