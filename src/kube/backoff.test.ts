import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBackoff, fullJitter } from './backoff.ts';

describe('full jitter', () => {
  it('lies between nothing and the limit for any number of failures', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 0.999999, noNaN: true }), (failures, random) => {
        const wait = fullJitter({ baseMs: 500, maxMs: 30_000 }, failures, () => random);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** failures));
      }),
    );
  });

  it('doubles its limit with each failure and begins anew after success', () => {
    const backoff = createBackoff({ baseMs: 100, maxMs: 1000 }, () => 0.5);
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([50, 100, 200, 400, 500, 500]);
    backoff.reset();
    expect(backoff.next()).toBe(50);
  });
});
