import type { Timers } from './timers.ts';

/** Timers that stand still until they are told to go on: for tests. */
export interface ManualTimers extends Timers {
  /** Moves time on by `ms`, running what falls due in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Moves time on and runs nothing: as a process that was stopped sees it. */
  freeze(ms: number): void;
  /** How many callbacks wait. */
  pending(): number;
}

interface Entry {
  dueAt: number;
  order: number;
  callback: () => void;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Starts at 0. */
export function createManualTimers(): ManualTimers {
  const entries = new Set<Entry>();
  let now = 0;
  let order = 0;

  function earliest(limit: number): Entry | undefined {
    return [...entries]
      .filter((entry) => entry.dueAt <= limit)
      .sort((a, b) => a.dueAt - b.dueAt || a.order - b.order)[0];
  }

  return {
    monotonic: () => now,
    after(ms, callback) {
      const entry = { dueAt: now + Math.max(0, ms), order: order++, callback };
      entries.add(entry);
      return () => entries.delete(entry);
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let entry = earliest(end); entry !== undefined; entry = earliest(end)) {
        entries.delete(entry);
        now = Math.max(now, entry.dueAt);
        entry.callback();
        await settle();
      }
      now = end;
    },
    freeze(ms) {
      now += ms;
    },
    pending: () => entries.size,
  };
}
