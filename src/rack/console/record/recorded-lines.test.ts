import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../../../kube/manual-timers.ts';
import { createBudget } from './budget.ts';
import { createRecordedLines } from './recorded-lines.ts';

const begin = Date.parse('2026-01-01T00:00:00Z');

function setting(mostBytes = 1_000_000) {
  const clock = { at: begin, now: () => clock.at };
  const lines = createRecordedLines({ instance: 'i', clock, mostBytes });
  const texts = (after: number, limit = 100) => lines.page(after, limit).items.map(({ text }) => text);
  return { clock, lines, texts };
}

describe('recorded lines', () => {
  it('are told from where one was, in pages', () => {
    const { lines, texts } = setting();
    for (const text of ['a', 'b', 'c']) lines.append('m1', text);
    expect(lines.page(0, 2)).toEqual({
      instance: 'i',
      last: 3,
      items: [
        { sequence: 1, machine: 'm1', at: '2026-01-01T00:00:00.000000Z', text: 'a' },
        { sequence: 2, machine: 'm1', at: '2026-01-01T00:00:00.000001Z', text: 'b' },
      ],
    });
    expect([texts(2), texts(3), texts(99)]).toEqual([['c'], [], []]);
  });

  it('have times in their order, also when the clock is corrected a little', () => {
    const { clock, lines } = setting();
    for (const step of [0, 5, -3, 0, 2, -60_000]) {
      clock.at += step;
      lines.append('m1', 'x');
    }
    const times = lines.page(0, 100).items.map(({ at }) => at);
    expect(times.slice(0, 5)).toEqual([...new Set(times.slice(0, 5))].sort());
    // Who sets it back by a minute means it.
    expect(Date.parse(times[5] ?? '')).toBe(clock.at);
  });

  it('are given up from the oldest on, which the sequence shows', () => {
    const { lines, texts } = setting(160 * 10);
    for (let number = 1; number <= 5_000; number += 1) lines.append('m1', `l${number}`);
    const { items, last } = lines.page(0, 100);
    expect([last, items.at(-1)?.text, items.length]).toEqual([5_000, 'l5000', 10]);
    expect(items[0]?.sequence).toBe(4_991);
    expect(texts(4_998)).toEqual(['l4999', 'l5000']);
  });

  it('make no page that is too big to be read', () => {
    const { lines } = setting(1_000_000_000);
    for (let number = 0; number < 600; number += 1) lines.append('m1', 'x'.repeat(2_400));
    const { items } = lines.page(0, 1_000);
    expect(items.length).toBeLessThan(430);
    expect(lines.page(items.at(-1)?.sequence ?? 0, 1_000).items.length).toBe(600 - items.length);
  });
});

describe('the budget of what is kept', () => {
  it('takes a burst, then so much a second, and says what it left out', async () => {
    const passed: string[] = [];
    const timers = createManualTimers();
    const limits = { burstBytes: 1_000, bytesPerSecond: 100 };
    const budget = createBudget((text) => passed.push(text), timers, limits);
    for (let number = 0; number < 20; number += 1) budget.take('x'.repeat(36));
    expect(passed).toHaveLength(10);
    await timers.advance(9_000);
    budget.take('too early');
    await timers.advance(1_000);
    budget.take('again');
    expect(passed.slice(10)).toEqual(['[11 lines left out: too much at once]', 'again']);
    budget.end();
    expect(passed).toHaveLength(12);
  });

  it('says at the end what it left out', () => {
    const passed: string[] = [];
    const budget = createBudget((text) => passed.push(text), createManualTimers(), {
      ...{ burstBytes: 100, bytesPerSecond: 1 },
    });
    budget.take('first');
    budget.take('x'.repeat(90));
    budget.end();
    expect(passed).toEqual(['first', '[1 line left out: too much at once]']);
  });
});
