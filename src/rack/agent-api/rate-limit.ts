import type { Clock } from '../../domain/clock.ts';

/** Says whether one more is allowed. */
export interface RateLimit {
  /** Takes one. False when the key, or all keys together, have had their share. */
  take(key: string): boolean;
}

/** What `createRateLimit` is made of. */
export interface RateLimitDeps {
  clock: Clock;
  /** Length of the window, in ms. */
  windowMs: number;
  /** Allowed within a window, of one key and of all. */
  perKey: number;
  total: number;
}

/** Counts in fixed windows: a burst at a border may be twice the share, which is good enough to keep strangers small. */
export function createRateLimit({ clock, windowMs, perKey, total }: RateLimitDeps): RateLimit {
  let window = Number.NEGATIVE_INFINITY;
  let taken = 0;
  const counts = new Map<string, number>();
  return {
    take(key) {
      const current = Math.floor(clock.now() / windowMs);
      if (current !== window) {
        window = current;
        taken = 0;
        counts.clear();
      }
      const count = counts.get(key) ?? 0;
      if (taken >= total || count >= perKey) return false;
      counts.set(key, count + 1);
      taken += 1;
      return true;
    },
  };
}
