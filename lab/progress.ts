/** Lines on standard output with the time since the start, for those who wait. */
export interface Progress {
  log(message: string): void;
  /** Seconds since the start. */
  elapsed(): number;
}

/** Starts the clock. `write` and `now` (milliseconds) are for tests. */
export function createProgress(
  write: (line: string) => void = (line) => console.log(line),
  now: () => number = () => performance.now(),
): Progress {
  const start = now();
  const elapsed = () => (now() - start) / 1000;
  return { log: (message) => write(`${formatElapsed(elapsed())}  ${message}`), elapsed };
}

/** Seconds as `m:ss.s`, ten-wide enough for an hour. */
export function formatElapsed(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const minutes = Math.floor(tenths / 600);
  return `${String(minutes).padStart(2)}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`;
}
