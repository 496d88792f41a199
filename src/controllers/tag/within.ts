import { createContext, Script } from 'node:vm';

/** Runs work; answers whether it ended within so many milliseconds. Throws what the work throws. */
export type Within = (work: () => void, limitMs: number) => boolean;

const timedOut = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/**
 * Breaks synchronous work off that takes too long: loops, and regular expressions that backtrack without end. The engine's own
 * watchdog does it. Nothing else of the process runs meanwhile, so the time must be short.
 */
export function createWithin(): Within {
  const shared: { work: () => void } = { work: () => {} };
  const context = createContext(shared);
  const script = new Script('work()');
  return (work, limitMs) => {
    shared.work = work;
    try {
      script.runInContext(context, { timeout: limitMs });
      return true;
    } catch (error) {
      // It is made in the context of the script, where Error is another class.
      if (typeof error === 'object' && error !== null && 'code' in error && error.code === timedOut)
        return false;
      throw error;
    } finally {
      shared.work = () => {};
    }
  };
}
