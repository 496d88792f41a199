import type { Timing } from '../time.ts';

/** Time that passes only while somebody sleeps, and then at once. */
export function createFakeTiming(start = 1_700_000_000_000): Timing & { slept: number[] } {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    random: () => 0.5,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
      await Promise.resolve();
      signal?.throwIfAborted();
    },
  };
}
