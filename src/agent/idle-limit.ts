/** Ends a machine that nobody gives work. */
export interface IdleLimit {
  /** Aborted when nothing was asked of the machine for so long. */
  signal: AbortSignal;
  /** While this runs the machine is not idle, however long it takes: an erase of a large disk, a person at work. */
  busy<T>(act: () => Promise<T>): Promise<T>;
}

/** @param limitMs counted from now, and anew from the end of each work */
export function createIdleLimit(limitMs: number): IdleLimit {
  const over = new AbortController();
  const start = (): NodeJS.Timeout =>
    setTimeout(() => over.abort(new Error('nobody has given this machine work')), limitMs).unref();
  let timer = start();
  let running = 0;
  return {
    signal: over.signal,
    async busy(act) {
      clearTimeout(timer);
      running += 1;
      try {
        return await act();
      } finally {
        running -= 1;
        if (running === 0) timer = start();
      }
    },
  };
}
