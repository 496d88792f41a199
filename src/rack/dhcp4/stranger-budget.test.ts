import { describe, expect, it } from 'vitest';
import { createStrangerBudget } from './stranger-budget.ts';

const range = { network: 'vlan', addresses: 800, via: 'eth0' };

function setting() {
  let now = 0;
  const budget = createStrangerBudget({ now: () => now });
  let made = 0;
  /** How many of so many new clients are admitted. */
  const flood = (count: number, source = range): number => {
    let admitted = 0;
    for (let index = 0; index < count; index += 1) if (budget.admit(`c${made++}`, source)) admitted += 1;
    return admitted;
  };
  return {
    budget,
    flood,
    advance: (ms: number) => {
      now += ms;
    },
  };
}

describe('the budget for strangers', () => {
  it('lets one source have an eighth of the addresses, and all sources a quarter', () => {
    const { flood } = setting();
    expect(flood(10_000)).toBe(100);
    expect(flood(10_000, { ...range, via: '10.0.0.9' })).toBe(100);
    expect(flood(10_000, { ...range, via: '10.0.0.10' })).toBe(0);
    expect(flood(10_000, { ...range, network: 'other' })).toBe(100);
  });

  it('is filled up by clients that come back: any number of honest ones', () => {
    const { budget, flood } = setting();
    for (let index = 0; index < 10_000; index += 1) {
      expect(budget.admit(`honest-${index}`, range)).toBe(true);
      budget.settle(`honest-${index}`);
    }
    expect(flood(10_000)).toBe(100);
  });

  it('admits a client that asks again', () => {
    const { budget, flood } = setting();
    budget.admit('again', range);
    flood(10_000);
    expect(budget.admit('again', range)).toBe(true);
  });

  it('never has more than half of the addresses held at once, whatever the flood', () => {
    const { flood, advance } = setting();
    const admissions: number[] = [];
    for (let second = 0; second < 300; second += 1) {
      admissions.push(flood(10_000) + flood(10_000, { ...range, via: 'relay' }));
      advance(1000);
      const held = admissions.slice(-60).reduce((sum, count) => sum + count, 0);
      expect(held).toBeLessThanOrEqual(400);
    }
    expect(admissions.slice(-60).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(150);
  });

  it('leaves a few addresses to the strangers of a small range', () => {
    const { flood } = setting();
    expect(flood(100, { ...range, addresses: 10 })).toBe(8);
  });

  it('does not give back what was not taken', () => {
    const { budget, flood } = setting();
    for (let index = 0; index < 100; index += 1) budget.settle('nobody');
    expect(flood(10_000)).toBe(100);
  });
});
