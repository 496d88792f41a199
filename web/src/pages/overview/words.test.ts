import { describe, expect, it } from 'vitest';
import type { Capacity } from '../../api/overview.ts';
import { capacityParts, countOf, sentenceOf } from './words.ts';

const machines = {
  total: 3,
  byPhase: {},
  byPower: { On: 2, Off: 1 },
  maintenance: 0,
  locked: 1,
  capacity: { pools: [], zones: [], architectures: [] },
};

describe('the overview in a line', () => {
  it('says what there is and leaves out what is nothing', () =>
    expect(
      sentenceOf({ machines, allocations: { total: 1, byPhase: {} }, actions: { byPhase: {} }, missing: [] }),
    ).toBe('3 machines · 2 switched on · 1 allocation · 1 locked'));
  it('says what is under way', () =>
    expect(sentenceOf({ actions: { byPhase: { Running: 2 } }, missing: [] })).toBe('2 actions under way'));
  it('is empty for who may see nothing', () => expect(sentenceOf({ missing: [] })).toBe(''));
});

it.each([
  [0, '0 machines'],
  [1, '1 machine'],
])('%d are %s', (count, words) => expect(countOf(count, 'machine')).toBe(words));

describe('how a pool is used', () => {
  const pool: Capacity = {
    ...{ name: 'gpu', machines: 8, free: 2, used: 4 },
    ...{ cores: 0, freeCores: 0, memoryMiB: 0, freeMemoryMiB: 0 },
  };
  it('adds up to the whole', () => {
    const parts = capacityParts(pool);
    expect(parts.map(({ title }) => title)).toEqual(['4 allocated', '2 free', '2 neither']);
    expect(parts.reduce((sum, { share }) => sum + share, 0)).toBe(1);
  });
  it('is nothing for an empty one', () => expect(capacityParts({ ...pool, machines: 0 })).toEqual([]));
});
