import { expect, it } from 'vitest';
import { shares } from './shares.ts';

it('steps lie one after the other, and those that took no time are seen', () => {
  expect(shares([0, 1, 3])).toEqual([
    { from: 0, width: 0.4 },
    { from: 0, width: 25 },
    { from: 25, width: 75 },
  ]);
  expect(shares([])).toEqual([]);
  expect(shares([0])).toEqual([{ from: 0, width: 0.4 }]);
});
