import { type Context, type Invocation, option } from '../command.ts';
import { CliError } from '../errors.ts';
import { parseDuration } from '../output/age.ts';

/** How long `--wait` waits, and who ended it. */
export interface Deadline {
  /** Aborted when the time is over, and by Ctrl-C. */
  signal: AbortSignal;
  /** Call it when the signal was aborted. @throws CliError timedOut or interrupted */
  fail(what: string): never;
  /** `12:03` since the begin. */
  elapsed(): string;
}

/** @throws CliError usage when `--timeout` is no time */
export function deadlineOf(invocation: Invocation, context: Context): Deadline {
  const text = option(invocation, 'timeout') ?? '1h';
  const ms = parseDuration(text);
  if (ms === undefined || ms > 2 ** 31 - 1) {
    throw new CliError('usage', `--timeout ${text} is no length of time`, 'write it as 90s, 30m or 1h30m');
  }
  const begin = context.now();
  return {
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(ms)]),
    fail(what) {
      if (context.signal.aborted) throw new CliError('interrupted', `interrupted; ${what} goes on`);
      throw new CliError('timedOut', `${what} did not come to its end within ${text}; it goes on`);
    },
    elapsed() {
      const seconds = Math.floor((context.now() - begin) / 1000);
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    },
  };
}
