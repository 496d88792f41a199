import type { Timers } from '../../../kube/timers.ts';

/** Lets through so much of what one machine says, and says how much it did not. */
export interface Budget {
  take(text: string): void;
  /** Says what is not said yet. */
  end(): void;
}

export interface BudgetLimits {
  /** Said at once: a boot, with all that its firmware and kernel print. */
  burstBytes: number;
  bytesPerSecond: number;
}

export const defaultBudget: BudgetLimits = { burstBytes: 1024 * 1024, bytesPerSecond: 4 * 1024 };
/** Of a line, beside its text. */
const lineBytes = 64;

/** @param pass takes lines, and the note in the place of those that are left out */
export function createBudget(
  pass: (text: string) => void,
  timers: Pick<Timers, 'monotonic'>,
  { burstBytes, bytesPerSecond }: BudgetLimits = defaultBudget,
): Budget {
  let left = burstBytes;
  let asked = timers.monotonic();
  let skipped = 0;

  function say(): void {
    if (skipped > 0) pass(`[${skipped} ${skipped === 1 ? 'line' : 'lines'} left out: too much at once]`);
    skipped = 0;
  }

  return {
    take(text) {
      const now = timers.monotonic();
      left = Math.min(burstBytes, left + ((now - asked) / 1000) * bytesPerSecond);
      asked = now;
      const cost = text.length + lineBytes;
      // After a gap there is room for many lines before the first is taken: else every other line would be a note.
      const needed = skipped > 0 ? Math.max(cost, Math.min(burstBytes, bytesPerSecond * 10)) : cost;
      if (left < needed) {
        skipped += 1;
        return;
      }
      say();
      left -= cost;
      pass(text);
    },
    end: say,
  };
}
