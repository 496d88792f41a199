import { messageOf } from '../../errors/coded-error.ts';
import type { Timing } from '../time.ts';
import { backoffMs } from './backoff.ts';
import type { HttpAnswer, HttpCall, SendHttp } from './http.ts';

/** What calls of a rack are made with. */
export interface RackCalls {
  /** Base URL. */
  rack: string;
  send: SendHttp;
  timing: Timing;
  /** Told once when the rack stops answering, and once when it does again. */
  onSilence(message: string): void;
}

/** The rack's API gives its answers within this, in milliseconds. */
const silenceMs = 15_000;
const backoff = { firstMs: 200, mostMs: 8_000 };

/** Repeats until the rack gives an answer that another attempt would not change. Rejects only when the signal aborts. */
export async function untilAnswered(
  request: Omit<HttpCall, 'silenceMs'>,
  deps: RackCalls,
): Promise<HttpAnswer> {
  const silentSince = deps.timing.now();
  let told = false;
  for (let failed = 1; ; failed += 1) {
    let seen: string;
    try {
      const answer = await deps.send({ ...request, silenceMs });
      if (!isPassing(answer.status)) {
        if (told) deps.onSilence('the rack answers again');
        return answer;
      }
      seen = `HTTP ${answer.status}`;
    } catch (error) {
      request.signal.throwIfAborted();
      seen = messageOf(error);
    }
    if (!told && deps.timing.now() - silentSince > 5_000) {
      told = true;
      deps.onSilence(`no answer from the rack at ${deps.rack} (${seen}): trying on`);
    }
    await deps.timing.sleep(backoffMs(failed, deps.timing.random(), backoff), request.signal);
  }
}

/** A status that says nothing of the request itself. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}
