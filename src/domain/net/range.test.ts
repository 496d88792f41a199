import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { formatIp, parseIp } from './address.ts';
import { cidrRange, parseCidr } from './cidr.ts';
import { countFree, freeAddresses, mergeRanges, nextFreeAddress } from './free-addresses.ts';
import {
  formatRange,
  type IpRange,
  parseRange,
  rangeContains,
  rangeContainsRange,
  rangeSize,
  rangesOverlap,
} from './range.ts';

const smallRange = fc
  .tuple(fc.nat(63), fc.nat(63))
  .map(([a, b]): IpRange => ({ family: 4, first: BigInt(Math.min(a, b)), last: BigInt(Math.max(a, b)) }));

function members(range: IpRange): Set<bigint> {
  return new Set(Array.from({ length: Number(rangeSize(range)) }, (_, index) => range.first + BigInt(index)));
}

describe('address ranges', () => {
  it.each([
    ['10.0.0.1-10.0.0.9', 9n],
    ['10.0.0.1 - 10.0.0.1', 1n],
    ['10.0.0.7', 1n],
    ['::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 2n ** 128n],
  ])('%s has %s addresses', (text, size) => {
    expect(rangeSize(parseRange(text))).toBe(size);
    expect(parseRange(formatRange(parseRange(text)))).toEqual(parseRange(text));
  });

  it.each(['', '10.0.0.9-10.0.0.1', '10.0.0.1-::1', '10.0.0.1-10.0.0.2-10.0.0.3', '10.0.0.1-'])(
    '%j is refused',
    (text) => {
      expect(() => parseRange(text)).toThrow(DecodeError);
    },
  );

  it('contains and overlaps as sets do', () => {
    fc.assert(
      fc.property(smallRange, smallRange, (a, b) => {
        const [setA, setB] = [members(a), members(b)];
        expect(rangesOverlap(a, b)).toBe([...setA].some((value) => setB.has(value)));
        expect(rangeContainsRange(a, b)).toBe([...setB].every((value) => setA.has(value)));
        expect(rangeContains(a, { family: 4, value: b.first })).toBe(setA.has(b.first));
      }),
    );
  });

  it('merges into disjoint ranges of the same addresses', () => {
    fc.assert(
      fc.property(fc.array(smallRange), (ranges) => {
        const merged = mergeRanges(ranges);
        const all = new Set(ranges.flatMap((range) => [...members(range)]));
        expect(merged.reduce((sum, range) => sum + rangeSize(range), 0n)).toBe(BigInt(all.size));
        for (const [index, range] of merged.entries()) {
          const next = merged[index + 1];
          if (next) expect(next.first).toBeGreaterThan(range.last + 1n);
        }
      }),
    );
  });
});

describe('free addresses', () => {
  it('are the set difference, lowest first', () => {
    fc.assert(
      fc.property(smallRange, fc.array(smallRange, { maxLength: 8 }), (within, taken) => {
        const gone = new Set(taken.flatMap((range) => [...members(range)]));
        const expected = [...members(within)].filter((value) => !gone.has(value));
        expect([...freeAddresses(within, taken)].map((address) => address.value)).toEqual(expected);
        expect(countFree(within, taken)).toBe(BigInt(expected.length));
        expect(nextFreeAddress(within, taken)?.value).toBe(expected[0]);
      }),
    );
  });

  it('are found in a /64 without listing it', () => {
    const free = nextFreeAddress(cidrRange(parseCidr('2001:db8::/64')), [
      parseRange('2001:db8::-2001:db8::ffff:ffff:ffff'),
    ]);
    expect(free && formatIp(free)).toBe('2001:db8:0:0:1::');
  });

  it('are none in a full network', () => {
    const range = cidrRange(parseCidr('192.0.2.0/30'));
    expect(nextFreeAddress(range, [range])).toBeUndefined();
    expect(
      nextFreeAddress(range, [{ family: 6, first: parseIp('::').value, last: parseIp('::ffff').value }]),
    ).toBeDefined();
  });
});
