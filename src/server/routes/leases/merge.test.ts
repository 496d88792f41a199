import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeLeases } from './merge.ts';
import type { RackAnswer, RackLease } from './rack-leases.ts';

const lease = (last: number, end = '2026-01-01T00:00:00.000Z'): RackLease => ({
  address: `10.0.0.${last}`,
  subnet: 's',
  mac: '52:54:00:00:00:01',
  client: '01',
  state: 'Bound',
  end,
});

/** What a rack with these leases answers. */
function told(leases: readonly number[], after: number, limit: number): RackAnswer {
  const rest = [...leases].sort((a, b) => a - b).filter((address) => address > after);
  return {
    kind: 'Answered',
    items: rest.slice(0, limit).map((address) => lease(address)),
    more: rest.length > limit,
  };
}

describe('the leases of all racks', () => {
  it('are shown page by page, each once and by address, however they lie on racks', () => {
    const racks = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 20 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(racks, fc.integer({ min: 1, max: 7 }), (all, limit) => {
        const seen: string[] = [];
        let after = 0;
        for (;;) {
          const answers = all.map((leases, number) => ({
            rack: `r${number}`,
            answer: told(leases, after, limit),
          }));
          const { items, next } = mergeLeases(answers, limit);
          expect(items.length).toBeLessThanOrEqual(limit);
          seen.push(...items.map(({ address }) => address));
          if (next === undefined) break;
          after = Number(next.split('.')[3]);
        }
        const wanted = [...new Set(all.flat())].sort((a, b) => a - b).map((last) => `10.0.0.${last}`);
        expect(seen).toEqual(wanted);
      }),
    );
  });

  it('of one address are the one that lasts longer, with the rack that told of it', () => {
    const answers: { rack: string; answer: RackAnswer }[] = [
      { rack: 'a', answer: { kind: 'Answered', items: [lease(1, '2026-01-02')], more: false } },
      { rack: 'b', answer: { kind: 'Answered', items: [lease(1, '2026-01-03')], more: false } },
      { rack: 'c', answer: { kind: 'Unreachable', why: 'a test' } },
    ];
    expect(mergeLeases(answers, 10).items.map(({ rack, end }) => [rack, end])).toEqual([['b', '2026-01-03']]);
  });
});
