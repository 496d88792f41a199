import { describe, expect, it } from 'vitest';
import { daysOf, periodOf } from './recorded.ts';

describe('the recorded console', () => {
  it('is read from the oldest line on, day by day', () => {
    const line = (id: string, at: Date) => ({ id, at: at.toISOString(), text: id });
    const lines = [
      line('d', new Date(2026, 0, 3, 0, 0, 1)),
      line('c', new Date(2026, 0, 2, 23, 59, 59)),
      line('b', new Date(2026, 0, 2, 23, 59, 58)),
      line('a', new Date(2026, 0, 1, 12)),
    ];
    const days = daysOf(lines);
    expect(days.map((day) => day.lines.map(({ text }) => text))).toEqual([['a'], ['b', 'c'], ['d']]);
    expect(new Set(days.map(({ day }) => day)).size).toBe(3);
    expect(daysOf([])).toEqual([]);
  });

  it.each([
    ['an hour', 'an hour'],
    ['two weeks', 'two weeks'],
    ['for ever', 'a day'],
  ])('looks back %s as %s', (text, period) => {
    expect(periodOf(text)).toBe(period);
  });
});
