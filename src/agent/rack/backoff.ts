/** Milliseconds to wait before each next attempt: doubling from `firstMs` to `mostMs`, drawn from the upper half. */
export interface BackoffOptions {
  firstMs: number;
  mostMs: number;
}

/**
 * The wait before attempt `attempt + 1`.
 *
 * @param attempt how many attempts have failed, from 1
 * @param random in [0, 1): spreads machines that lost the same rack at the same moment
 */
export function backoffMs(attempt: number, random: number, options: BackoffOptions): number {
  const ceiling = Math.min(options.mostMs, options.firstMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round(ceiling / 2 + (random * ceiling) / 2);
}
