import type { Clock } from '../../domain/clock.ts';
import { waitFor } from './wait-for.ts';

/** At most `most` machines are turned on in any `windowMs` milliseconds. */
export interface TurnOnLimit {
  most: number;
  windowMs: number;
}

export interface TurnOnsDeps {
  clock: Clock;
  delay(ms: number, signal: AbortSignal): Promise<void>;
  pacing: { inrushMs: number; turnOnLimit?: TurnOnLimit | undefined };
}

/** Where every machine of the rack that is to be turned on waits for its place. */
export interface TurnOns {
  /**
   * Resolves when a machine may be turned on. First come, first served; who gives up takes no place from those behind.
   * @throws the signal's reason
   */
  pass(signal: AbortSignal): Promise<void>;
}

/** One for the whole rack: pauses between turn-ons, and no more of them than the limit allows. */
export function createTurnOns({ clock, delay, pacing }: TurnOnsDeps): TurnOns {
  const { inrushMs, turnOnLimit: limit } = pacing;
  const kept = Math.max(1, limit?.most ?? 1);
  let tail: Promise<void> = Promise.resolve();
  /** When the last ones passed, oldest first. */
  let passed: number[] = [];

  const waitMs = (now: number): number => {
    // After a wall clock was set back, times in the future say nothing.
    const known = passed.filter((at) => at <= now);
    const afterLast = (known.at(-1) ?? -Infinity) + inrushMs;
    const oldest = limit !== undefined && known.length >= limit.most ? known.at(-limit.most) : undefined;
    return Math.max(afterLast, (oldest ?? -Infinity) + (limit?.windowMs ?? 0)) - now;
  };

  return {
    async pass(signal) {
      const before = tail;
      const turn = Promise.withResolvers<void>();
      tail = turn.promise;
      try {
        await waitFor(before, signal);
        const wait = waitMs(clock.now());
        if (wait > 0) await delay(wait, signal);
        passed = [...passed, clock.now()].slice(-kept);
      } finally {
        before.then(turn.resolve);
      }
    },
  };
}
