/** Time as a dependency: what runs later, on a clock that never goes back. */
export interface Timers {
  /** Milliseconds on a clock that only ever goes forward; not a date. */
  monotonic(): number;
  /** Runs `callback` once after `ms`, and returns what takes it back. */
  after(ms: number, callback: () => void): () => void;
}

export const systemTimers: Timers = {
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or at once when the signal is aborted; never rejects. */
export function sleep(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const finish = (): void => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = timers.after(ms, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
