import { setImmediate } from 'node:timers/promises';
import type { Timing } from '../time.ts';

/** What happens at one effect of an agent, the effects counted from 1. */
export interface Fate {
  at: number;
  /** Killed before the effect, or after it and before it is heard of; or, of effects on the network: the cable is out for a while. */
  how: 'KilledBefore' | 'KilledAfter' | 'Cut';
}

/** One life of an agent: everything that it does to the world goes through `effect`. */
export interface Life {
  effect<T>(kind: 'Network' | 'Machine', act: () => Promise<T>): Promise<T>;
  /** Resolves when it was killed. */
  killed: Promise<void>;
  /** How many effects it had. */
  effects(): number;
  timing: Timing;
}

/** So many calls fail while the cable is out: more than one backoff, fewer than the agent's patience. */
const callsLost = 6;

export function createLife(fate?: Fate): Life {
  const death = Promise.withResolvers<void>();
  let isDead = false;
  let count = 0;
  let lost = 0;
  const never = <T>(): Promise<T> => new Promise<T>(() => {});
  const die = <T>(): Promise<T> => {
    isDead = true;
    death.resolve();
    return never<T>();
  };
  return {
    killed: death.promise,
    effects: () => count,
    async effect(kind, act) {
      if (isDead) return never();
      count += 1;
      const isFate = fate?.at === count;
      if (isFate && fate?.how === 'KilledBefore') return die();
      if (isFate && fate?.how === 'Cut') lost = callsLost;
      if (kind === 'Network' && lost > 0) {
        lost -= 1;
        throw new Error('connect ENETUNREACH');
      }
      const result = await act();
      if (isFate && fate?.how === 'KilledAfter') return die();
      return isDead ? never() : result;
    },
    timing: {
      now: () => 0,
      random: () => 0,
      // Heartbeats and limits never come; pauses are over at once.
      async sleep(ms, signal) {
        if (ms < 5_000) await setImmediate();
        else await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
        signal?.throwIfAborted();
        if (isDead) await never();
      },
    },
  };
}
