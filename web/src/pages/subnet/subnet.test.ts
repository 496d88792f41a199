import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pictureOf, totalsOf } from './picture.ts';
import type { Lease, Segment } from './queries.ts';
import { reservation, reservationName } from './reservation.ts';

const segment = (first: string, last: string, size: number, use: Segment['use']): Segment => ({
  first,
  last,
  size: String(size),
  use,
});
const lease = (address: string, state = 'Bound'): Lease => ({
  address,
  state,
  ...{ mac: '02:00:00:00:00:01', hostname: 'printer', end: '', rack: 'a' },
});

describe('the picture of a subnet', () => {
  const segments = [
    segment('10.0.0.1', '10.0.0.1', 1, 'Gateway'),
    segment('10.0.0.2', '10.0.0.29', 28, 'Free'),
    segment('10.0.0.30', '10.0.0.40', 11, 'Dynamic'),
    segment('10.0.0.41', '10.0.0.254', 214, 'Free'),
  ];

  it('has a square for each address, once', () => {
    const picture = pictureOf('10.0.0.0/24', segments, [lease('10.0.0.33')]);
    const squares = (picture?.runs ?? []).flatMap(({ row, column, length }) =>
      Array.from({ length }, (_, at) => row * 32 + column + at),
    );
    expect(squares).toEqual(Array.from({ length: 256 }, (_, at) => at));
    expect(picture).toMatchObject({ columns: 32, rows: 8 });
  });

  it('shows who has a lease in a dynamic range, and not who had one', () => {
    const leases = [lease('10.0.0.33'), lease('10.0.0.34', 'Expired')];
    const runs = pictureOf('10.0.0.0/24', segments, leases)?.runs.filter(({ use }) => use === 'Leased');
    expect(runs).toEqual([
      { row: 1, column: 1, length: 1, use: 'Leased', title: '10.0.0.33: leased by printer' },
    ]);
  });

  it.each(['10.0.0.0/19', 'fd00::/120'])('is none of %s', (cidr) =>
    expect(pictureOf(cidr, [], [])).toBeUndefined(),
  );

  it('covers subnets of any size that it takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 32 }), (bits) => {
        const picture = pictureOf(`10.0.0.0/${bits}`, [], []);
        const squares = picture?.runs.reduce((sum, { length }) => sum + length, 0);
        expect(squares).toBe(2 ** (32 - bits));
        expect(picture?.runs.every(({ column, length }) => column + length <= (picture?.columns ?? 0))).toBe(
          true,
        );
      }),
    );
  });

  it('says how many addresses there are of each use', () =>
    expect(totalsOf(segments)).toEqual([
      ['Dynamic', '11'],
      ['Gateway', '1'],
      ['Free', '242'],
    ]));
});

describe('a reservation', () => {
  it.each([
    ['10.0.0.9', '10.0.0.9'],
    ['fd00::9', 'fd00-0000-0000-0000-0000-0000-0000-0009'],
    ['nonsense', 'nonsense'],
  ])('of %s is named %s', (address, name) => expect(reservationName(address)).toBe(name));

  const form = { address: ' FD00::0:9 ', mac: '02-00-00-00-00-0A', hostname: 'printer', description: '' };
  it('of a client names it', () =>
    expect(reservation('lan', { ...form, purpose: 'Static' })).toEqual({
      metadata: { name: 'fd00-0000-0000-0000-0000-0000-0000-0009' },
      spec: {
        ...{ address: 'fd00::9', subnet: 'lan', purpose: 'Static' },
        ...{ mac: '02:00:00:00:00:0a', hostname: 'printer' },
      },
    }));
  it('out of use names nobody', () =>
    expect(reservation('lan', { ...form, purpose: 'Reserved' }).spec).toEqual({
      ...{ address: 'fd00::9', subnet: 'lan', purpose: 'Reserved' },
    }));
});
