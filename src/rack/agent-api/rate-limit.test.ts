import { expect, it } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

it('gives every key its share, all keys together no more than theirs, and starts anew with each window', () => {
  let now = 0;
  const limit = createRateLimit({ clock: { now: () => now }, windowMs: 1000, perKey: 2, total: 3 });
  expect(['a', 'a', 'a', 'b', 'b'].map((key) => limit.take(key))).toEqual([true, true, false, true, false]);
  now = 1000;
  expect(limit.take('a')).toBe(true);
});
