import { setTimeout as sleep } from 'node:timers/promises';
import { labError } from '../errors.ts';

/** How long to wait for something, and how often to look. */
export interface PollOptions {
  /** What is waited for, as the end of "timed out waiting for …". */
  what: string | (() => string);
  timeoutMs: number;
  /** Default 50. */
  intervalMs?: number;
  /** Ends the wait at once with what it throws, for example because the process that is waited for has died. */
  check?: () => void;
}

/** Calls `probe` until it gives something other than `undefined`. Throws `TimedOut` after `timeoutMs`. */
export async function poll<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  options: PollOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.check?.();
    const result = await probe();
    if (result !== undefined) return result;
    if (performance.now() >= deadline) {
      const what = typeof options.what === 'string' ? options.what : options.what();
      throw labError(
        'TimedOut',
        `timed out after ${Math.round(options.timeoutMs / 1000)} s waiting for ${what}`,
      );
    }
    await sleep(options.intervalMs ?? 50);
  }
}
