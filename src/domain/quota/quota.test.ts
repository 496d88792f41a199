import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Amount, amountOf, excess, measures, type Quota, sum } from './quota.ts';

const none: Amount = { machines: 0, cores: 0, memoryMiB: 0 };
const machine = { pool: 'batch', cores: 8, memoryMiB: 1024 };

describe('a quota', () => {
  it.each<[string, Partial<Quota>, string | undefined]>([
    ['with room lets the machine pass', { limits: { machines: 1, cores: 8 } }, undefined],
    ['of another pool lets it pass', { pool: 'web', limits: { machines: 0 } }, undefined],
    ['of its pool counts it', { pool: 'batch', limits: { machines: 0 } }, 'machines: 0 used of 0, 1 asked'],
    [
      'says the first measure that is short',
      { limits: { machines: 5, cores: 15 }, used: { machines: 2, cores: 8, memoryMiB: 0 } },
      'cores: 8 used of 15, 8 asked',
    ],
    ['of memory counts memory', { limits: { memoryMiB: 1000 } }, 'memoryMiB: 0 used of 1000, 1024 asked'],
  ])('%s', (_, given, expected) => {
    expect(excess({ name: 'q', limits: {}, used: none, ...given }, machine)).toBe(expected);
  });

  const Machine = fc.record({
    pool: fc.constantFrom('batch', 'web'),
    cores: fc.nat(128),
    memoryMiB: fc.nat(4096),
  });
  const Limit = fc.option(fc.nat(300), { nil: undefined });

  it('that is asked each time is never exceeded, whoever comes in whatever order', () => {
    fc.assert(
      fc.property(
        fc.array(Machine),
        fc.record({ machines: Limit, cores: Limit, memoryMiB: Limit }),
        fc.option(fc.constantFrom('batch', 'web'), { nil: undefined }),
        (machines, limits, pool) => {
          const held: (typeof machine)[] = [];
          for (const one of machines) {
            const counting = held.filter((other) => pool === undefined || other.pool === pool);
            if (excess({ name: 'q', pool, limits, used: sum(counting) }, one) === undefined) held.push(one);
          }
          const used = sum(held.filter((other) => pool === undefined || other.pool === pool));
          for (const measure of measures)
            expect(used[measure]).toBeLessThanOrEqual(limits[measure] ?? Infinity);
          for (const other of machines.filter((one) => pool !== undefined && one.pool !== pool))
            expect(held).toContain(other);
        },
      ),
    );
  });

  it('sums up machines', () => {
    expect(sum([machine, machine])).toEqual({ machines: 2, cores: 16, memoryMiB: 2048 });
    expect(amountOf(machine)).toEqual({ machines: 1, cores: 8, memoryMiB: 1024 });
  });
});
