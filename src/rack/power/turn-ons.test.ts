import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { virtualTime } from './testing/virtual-time.ts';
import { createTurnOns } from './turn-ons.ts';

const { signal } = new AbortController();

describe('the limit on simultaneous turn-ons', () => {
  it('never lets more than so many through in any window, in the order they came', async () => {
    const limits = fc.record({
      most: fc.integer({ min: 1, max: 5 }),
      windowMs: fc.integer({ min: 1, max: 60_000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        limits,
        fc.nat(500),
        fc.array(fc.nat(20_000), { minLength: 1, maxLength: 30 }),
        async (turnOnLimit, inrushMs, gaps) => {
          const time = virtualTime();
          const turnOns = createTurnOns({
            clock: time,
            delay: time.delay,
            pacing: { inrushMs, turnOnLimit },
          });
          const starts: { index: number; at: number }[] = [];
          const pass = (index: number) =>
            turnOns.pass(signal).then(() => void starts.push({ index, at: time.now() }));
          // Some come together, others later.
          for (const [index, gap] of gaps.entries()) {
            const passing = pass(index);
            if (gap % 2 === 0) await passing;
            await time.delay(gap, signal);
            await passing;
          }
          expect(starts.map(({ index }) => index)).toEqual(gaps.map((_gap, index) => index));
          for (const [index, { at }] of starts.entries()) {
            const before = starts[index - turnOnLimit.most];
            if (before !== undefined) expect(at - before.at).toBeGreaterThanOrEqual(turnOnLimit.windowMs);
            const last = starts[index - 1];
            if (last !== undefined) expect(at - last.at).toBeGreaterThanOrEqual(inrushMs);
          }
        },
      ),
    );
  });

  it('serves a crowd in bursts of the limit', async () => {
    const time = virtualTime(0);
    const pacing = { inrushMs: 0, turnOnLimit: { most: 3, windowMs: 10_000 } };
    const turnOns = createTurnOns({ clock: time, delay: time.delay, pacing });
    const starts: number[] = [];
    const crowd = Array.from({ length: 8 }, () =>
      turnOns.pass(signal).then(() => void starts.push(time.now())),
    );
    await Promise.all(crowd);
    expect(starts).toEqual([0, 0, 0, 10_000, 10_000, 10_000, 20_000, 20_000]);
  });

  it('gives the place of one that gave up to the next', async () => {
    const time = virtualTime(0);
    const held = Promise.withResolvers<void>();
    const delay = (ms: number, by: AbortSignal) => held.promise.then(() => time.delay(ms, by));
    const pacing = { inrushMs: 0, turnOnLimit: { most: 1, windowMs: 10_000 } };
    const turnOns = createTurnOns({ clock: time, delay, pacing });
    await turnOns.pass(signal);
    const leaving = new AbortController();
    const second = turnOns.pass(signal);
    const third = turnOns.pass(leaving.signal);
    const fourth = turnOns.pass(signal);
    leaving.abort(new Error('enough'));
    await expect(third).rejects.toThrow('enough');
    held.resolve();
    await second;
    expect(time.now()).toBe(10_000);
    await fourth;
    expect(time.now()).toBe(20_000);
  });

  it('waits no longer than the window after the clock was set back', async () => {
    let now = 1_000_000;
    const waits: number[] = [];
    const delay = async (ms: number): Promise<void> => void waits.push(ms);
    const pacing = { inrushMs: 200, turnOnLimit: { most: 1, windowMs: 10_000 } };
    const turnOns = createTurnOns({ clock: { now: () => now }, delay, pacing });
    await turnOns.pass(signal);
    now = 0;
    await turnOns.pass(signal);
    expect(waits).toEqual([]);
  });
});
