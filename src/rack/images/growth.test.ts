import { describe, expect, it } from 'vitest';
import { createGrowth } from './growth.ts';

describe('a growing file', () => {
  it('lets each reader go on when there is a byte for it', async () => {
    const { growth, advance } = createGrowth();
    const [early, late] = [growth.beyond(0), growth.beyond(100)];
    advance(100);
    expect(await early).toBe(100);
    expect(growth.beyond(99)).toBe(100);
    advance(101);
    expect(await late).toBe(101);
  });

  it('tells everybody when it fails, now and later', async () => {
    const { growth, advance, fail } = createGrowth();
    advance(10);
    const waiting = growth.beyond(10);
    fail();
    expect([await waiting, growth.beyond(5)]).toEqual([0, 0]);
  });
});
