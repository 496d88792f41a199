import { type BackoffOptions, fullJitter } from './backoff.ts';
import { systemTimers, type Timers } from './timers.ts';

/**
 * Keys that wait for work. A key is never with two workers at once, waits at most once, and when it is added while a worker has it
 * it waits again after that worker is done. Nothing that was added is lost before `shutDown`.
 */
export interface WorkQueue {
  add(key: string): void;
  /** Adds the key after `ms`; the earliest of several such wishes counts. */
  addAfter(key: string, ms: number): void;
  /** Adds the key after a wait that grows with every call since {@link WorkQueue.forget}; answers the wait in milliseconds. */
  addRateLimited(key: string): number;
  /** The key worked: its next rate-limited wait is short again. Delayed adds stay. */
  forget(key: string): void;
  /** How often the key was rate-limited since it was forgotten. */
  failures(key: string): number;
  /** The next key, when there is one; undefined once the queue is shut down. The caller owes `done(key)`. */
  take(): Promise<string | undefined>;
  /** The worker is through with the key. */
  done(key: string): void;
  /** Keys that could be taken now. */
  length(): number;
  /** Gives out no more keys and drops what waits. */
  shutDown(): void;
}

export interface WorkQueueOptions {
  /** Full-jitter waits of {@link WorkQueue.addRateLimited}. Default 200 ms to 5 minutes. */
  backoff?: BackoffOptions | undefined;
  timers?: Timers | undefined;
  random?: (() => number) | undefined;
}

interface Delayed {
  dueAt: number;
  cancel: () => void;
}

/** `setTimeout` takes no more than 2^31-1 ms. */
const longestTimerMs = 2_147_483_647;

export function createWorkQueue(options: WorkQueueOptions = {}): WorkQueue {
  const { backoff = { baseMs: 200, maxMs: 300_000 }, timers = systemTimers, random = Math.random } = options;
  const waiting = new Set<string>();
  const withWorker = new Set<string>();
  const addedMeanwhile = new Set<string>();
  const delayed = new Map<string, Delayed>();
  const failures = new Map<string, number>();
  const takers: ((key: string | undefined) => void)[] = [];
  let shutDown = false;

  function next(): string | undefined {
    for (const key of waiting) {
      waiting.delete(key);
      withWorker.add(key);
      return key;
    }
    return undefined;
  }

  function add(key: string): void {
    if (shutDown) return;
    if (withWorker.has(key)) {
      addedMeanwhile.add(key);
      return;
    }
    waiting.add(key);
    if (takers.length === 0) return;
    takers.shift()?.(next());
  }

  function addAfter(key: string, ms: number): void {
    if (shutDown) return;
    if (ms <= 0) {
      add(key);
      return;
    }
    const dueAt = timers.monotonic() + ms;
    const earlier = delayed.get(key);
    if (earlier !== undefined && earlier.dueAt <= dueAt) return;
    earlier?.cancel();
    const cancel = timers.after(Math.min(ms, longestTimerMs), () => {
      delayed.delete(key);
      add(key);
    });
    delayed.set(key, { dueAt, cancel });
  }

  return {
    add,
    addAfter,
    addRateLimited(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const waitMs = fullJitter(backoff, count, random);
      addAfter(key, waitMs);
      return waitMs;
    },
    forget(key) {
      failures.delete(key);
    },
    failures: (key) => failures.get(key) ?? 0,
    take() {
      if (shutDown) return Promise.resolve(undefined);
      const key = next();
      if (key !== undefined) return Promise.resolve(key);
      return new Promise((resolve) => takers.push(resolve));
    },
    done(key) {
      if (!withWorker.delete(key)) return;
      if (addedMeanwhile.delete(key)) add(key);
    },
    length: () => waiting.size,
    shutDown() {
      shutDown = true;
      waiting.clear();
      addedMeanwhile.clear();
      for (const { cancel } of delayed.values()) cancel();
      delayed.clear();
      for (const resolve of takers.splice(0)) resolve(undefined);
    },
  };
}
