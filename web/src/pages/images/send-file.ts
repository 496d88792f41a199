import { isPassing, problemOf } from '../../api/problem.ts';

/** Where the bytes go. Errors of all: ProblemError. */
export interface SendPort {
  /** How many bytes are there. */
  received(): Promise<number>;
  /**
   * Sends a part of the file, up to before `end`, and resolves with how many bytes are there then.
   *
   * @param progress called with how many of this part have left
   */
  put(offset: number, end: number, progress: (bytes: number) => void): Promise<number>;
  wait(ms: number): Promise<void>;
}

/** What goes in one request, in bytes: a proxy between may have a limit, and an answer comes in between. */
const partBytes = 8 * 1024 * 1024;
/** Waits after attempts in a row that brought nothing, in milliseconds. */
const retryAfterMs = [500, 2_000, 5_000, 10_000, 20_000];

/**
 * Sends what is not there yet, and goes on after a break.
 *
 * @param progress called with how many bytes are there or on their way
 */
export async function sendFile(
  sizeBytes: number,
  port: SendPort,
  progress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let offset = await port.received();
  for (let failures = 0; offset < sizeBytes; ) {
    signal.throwIfAborted();
    const from = offset;
    progress(from);
    try {
      const end = Math.min(sizeBytes, from + partBytes);
      offset = await port.put(from, end, (bytes) => progress(Math.min(end, from + bytes)));
      failures = 0;
    } catch (error) {
      const wait = retryAfterMs[failures];
      signal.throwIfAborted();
      // Another part than was expected is there after a break: the next question says which.
      if (wait === undefined || !(isPassing(error) || isElsewhere(error))) throw error;
      failures += 1;
      await port.wait(wait);
      offset = await port.received().catch(() => from);
      if (offset > from) failures = 0;
    }
  }
  progress(sizeBytes);
}

function isElsewhere(error: unknown): boolean {
  return problemOf(error).code === 'UploadConflict';
}
