import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAmplificationBudget, defaultBudget } from './budget.ts';

const stranger = { received: 22, wanted: 516, known: false };

describe('what is sent on trust', () => {
  it('is three times what came in', () => {
    const budget = createAmplificationBudget({ now: () => 0 });
    expect(budget.allow('a', { received: 100, wanted: 300, known: false })).toBeDefined();
    expect(budget.allow('b', { received: 200, wanted: 601, known: false })).toBeUndefined();
  });

  it('or one first block to a stranger, until that is acknowledged or paid for', () => {
    const budget = createAmplificationBudget({ now: () => 0 });
    const grant = budget.allow('a', stranger);
    expect(grant).toBeDefined();
    expect(budget.allow('a', stranger)).toBeUndefined();
    if (grant) budget.refund(grant);
    expect(budget.allow('a', stranger)).toBeDefined();
  });

  it('or a few blocks to one that is known', () => {
    const budget = createAmplificationBudget({ now: () => 0 });
    const resend = { received: 0, wanted: 516, known: true };
    const granted = Array.from({ length: 20 }, () => budget.allow('a', resend)).filter(Boolean);
    expect(granted).toHaveLength(16);
  });

  it('is forgotten after a minute', () => {
    let now = 0;
    const budget = createAmplificationBudget({ now: () => now });
    budget.allow('a', stranger);
    now = 60_000;
    expect(budget.allow('a', stranger)).toBeDefined();
  });

  it('gives many forged sources together no more than a few blocks, or three times what came in', () => {
    const budget = createAmplificationBudget({ now: () => 0 });
    let sent = 0;
    for (let n = 1; n <= 20_000; n += 1) {
      sent += budget.allow(`10.${n >> 8}.${n & 255}.1`, stranger)?.bytes ?? 0;
      expect(sent).toBeLessThanOrEqual(Math.max(8 * 516, 3 * 22 * n));
    }
    expect(sent).toBeGreaterThan(0);
  });

  it('never is more than that, whatever is asked, by whom and in what order', () => {
    const request = fc.record({
      source: fc.constantFrom('a', 'b', 'c'),
      received: fc.integer({ min: 10, max: 512 }),
      wanted: fc.integer({ min: 5, max: 1472 }),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 200 }), (requests) => {
        const budget = createAmplificationBudget({ now: () => 0 });
        const received = new Map<string, number>();
        const sent = new Map<string, number>();
        for (const { source, ...expense } of requests) {
          received.set(source, (received.get(source) ?? 0) + expense.received);
          const bytes = budget.allow(source, { ...expense, known: false })?.bytes ?? 0;
          sent.set(source, (sent.get(source) ?? 0) + bytes);
          const most = Math.max(defaultBudget.unknownSource, 3 * (received.get(source) ?? 0));
          expect(sent.get(source)).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});
