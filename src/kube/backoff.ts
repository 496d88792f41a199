/** How waits grow after failures. Times in milliseconds. */
export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
}

/** Full jitter: evenly between 0 and `base * 2^failures`, at most `max`. @param failures 0 for the first wait. @param random in [0, 1). */
export function fullJitter(
  { baseMs, maxMs }: BackoffOptions,
  failures: number,
  random: () => number,
): number {
  return Math.floor(random() * Math.min(maxMs, baseMs * 2 ** Math.min(failures, 40)));
}

/** Counts the failures of one thing that is tried again and again. */
export interface Backoff {
  /** The next wait. */
  next(): number;
  /** It worked: the next wait is short again. */
  reset(): void;
}

/** A {@link fullJitter} that counts for itself. */
export function createBackoff(options: BackoffOptions, random: () => number = Math.random): Backoff {
  let failures = 0;
  return {
    next: () => fullJitter(options, failures++, random),
    reset() {
      failures = 0;
    },
  };
}
