/** Time as a dependency, as far as this layer needs it: `Timers` of the Kubernetes runtime satisfy it. */
export interface Later {
  /** Runs `callback` once after `ms`, and returns what takes it back. */
  after(ms: number, callback: () => void): () => void;
}

/** Resolves after `ms`, or as soon as the signal is aborted. */
export function pause(later: Later, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = later.after(ms, finish);
    signal.addEventListener('abort', finish, { once: true });
  });
}
