import type { Clock } from '../../domain/clock.ts';

/** A BMC that has stayed silent so many times in a row is left alone for a while. */
const threshold = 2;

export interface BreakerDeps {
  clock: Clock;
  /** The first pause, which doubles with each trial that fails, in milliseconds. */
  firstPauseMs: number;
  /** The longest one. */
  longestPauseMs: number;
  /** A trial that was never reported on is over after this. */
  trialMs: number;
}

/** Whether a BMC may be looked at now. */
export type Admission =
  | { kind: 'go'; isTrial: boolean }
  /** It is silent, and tried again at `until` at the earliest, by one alone. */
  | { kind: 'wait'; until: number };

/**
 * The circuit breakers of all BMCs, by address: a dead manager of many nodes is tried by the look at one of them at a time, and
 * ever more rarely. Who orders power is not held back, but asks how long the BMC has been silent.
 */
export interface Breakers {
  /** Asks for leave to look. Where the pause is over, the first who asks has the one trial. */
  admit(address: string): Admission;
  /** Tells what came of talking to it, whoever did and why. @param answered whether the BMC said anything at all */
  report(address: string, answered: boolean): void;
  /** Whether looks are held back, but for the one trial. */
  isOpen(address: string): boolean;
  /** For how long it has not answered, in milliseconds; 0: it answered last, or nobody knows. */
  silentMs(address: string): number;
}

interface Silence {
  since: number;
  failures: number;
  /** No look before this. */
  until: number;
}

export function createBreakers({ clock, firstPauseMs, longestPauseMs, trialMs }: BreakerDeps): Breakers {
  const silent = new Map<string, Silence>();
  const keyOf = (address: string): string => address.toLowerCase();
  return {
    admit(address) {
      const silence = silent.get(keyOf(address));
      if (silence === undefined || silence.failures < threshold) return { kind: 'go', isTrial: false };
      const now = clock.now();
      if (now < silence.until) return { kind: 'wait', until: silence.until };
      silence.until = now + trialMs;
      return { kind: 'go', isTrial: true };
    },
    report(address, answered) {
      const key = keyOf(address);
      if (answered) {
        silent.delete(key);
        return;
      }
      const now = clock.now();
      const { since, failures: before } = silent.get(key) ?? { since: now, failures: 0 };
      const failures = before + 1;
      const pause = Math.min(
        firstPauseMs * 2 ** Math.min(Math.max(failures - threshold, 0), 20),
        longestPauseMs,
      );
      if (silent.size >= 1_000) forget(silent, now - longestPauseMs);
      silent.set(key, { since, failures, until: now + pause });
    },
    isOpen: (address) => (silent.get(keyOf(address))?.failures ?? 0) >= threshold,
    silentMs(address) {
      const silence = silent.get(keyOf(address));
      return silence === undefined ? 0 : Math.max(0, clock.now() - silence.since);
    },
  };
}

/** Drops those that nobody has asked for since their pause was over: their machines are gone. */
function forget(silent: Map<string, Silence>, before: number): void {
  for (const [key, { until }] of silent) if (until < before) silent.delete(key);
}
