import type { Clock } from '../../../domain/clock.ts';

/** A clock that moves only when somebody waits. */
export interface VirtualTime extends Clock {
  delay(ms: number, signal: AbortSignal): Promise<void>;
  /** How long was waited, one number a wait. */
  readonly waits: number[];
}

/** Time for tests: a delay takes none, and moves the clock by what was asked. One waiter at a time is exact. */
export function virtualTime(start = 1_000_000): VirtualTime {
  let now = start;
  const waits: number[] = [];
  return {
    now: () => now,
    waits,
    async delay(ms, signal) {
      signal.throwIfAborted();
      waits.push(ms);
      await Promise.resolve();
      now += ms;
      signal.throwIfAborted();
    },
  };
}
