import type { HttpTransport } from '../rack/transport.ts';
import type { Timing } from '../time.ts';

/** One question and answer. */
export interface RackAnswer {
  /** From the question to the answer, in milliseconds. */
  tookMs: number;
  /** The rack's own time in its answer (RFC 9110 6.6.1), in milliseconds since the epoch; whole seconds. */
  rackTimeMs: number | undefined;
}

/** Asks the rack once. Rejects when there is no answer. */
export type AskRack = (signal: AbortSignal) => Promise<RackAnswer>;

/** Asks for the task of the session, which changes nothing, over one connection that is kept. */
export function createAskRack(
  rack: string,
  sessionKey: string,
  timing: Timing,
  { request, agent }: HttpTransport,
): AskRack {
  return async (signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<RackAnswer>();
    const startedAt = timing.now();
    const call = request(`${rack}/agent/v1/task`, {
      agent,
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
      headers: { authorization: `Bearer ${sessionKey}` },
    });
    call.on('error', reject);
    call.on('response', (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () => {
        const date = Date.parse(response.headers.date ?? '');
        resolve({
          tookMs: timing.now() - startedAt,
          rackTimeMs: Number.isNaN(date) ? undefined : date,
        });
      });
    });
    call.end();
    return promise;
  };
}
