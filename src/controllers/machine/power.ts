import type { PowerRequest } from '../../api/machine/power.ts';
import { type Observed, statusOf } from './observed.ts';
import { millis, timestamp } from './time.ts';
import type { MachineTimings } from './timings.ts';

/** How far a power request is. */
export type PowerProgress =
  | { kind: 'Done'; at: number }
  | { kind: 'Failed'; reason: string; seen: string }
  | { kind: 'Waiting'; until: number };

/** @param id unique to the intent, and the same however often the intent is written */
export function powerRequest(
  id: string,
  action: PowerRequest['action'],
  now: number,
  boot?: PowerRequest['boot'],
): PowerRequest {
  return { id, action, requestedAt: timestamp(now), ...(boot === undefined ? {} : { boot }) };
}

/** What became of the present power request. */
export function followPower(observed: Observed, now: number, timings: MachineTimings): PowerProgress {
  const { request, result } = statusOf(observed).power ?? {};
  if (request === undefined) return { kind: 'Done', at: now };
  const requestedAt = millis(request.requestedAt, now);
  if (result?.id !== request.id) {
    const until = requestedAt + timings.power;
    if (now < until) return { kind: 'Waiting', until };
    return { kind: 'Failed', reason: 'PowerTimeout', seen: `no rack took up power request ${request.id}` };
  }
  if (result.outcome === 'Succeeded') return { kind: 'Done', at: millis(result.finishedAt, requestedAt) };
  if (result.outcome === 'Failed') {
    const seen = result.message ?? `rack ${result.rack} gave no message`;
    return { kind: 'Failed', reason: result.reason ?? 'PowerFailed', seen };
  }
  // The rack's own limits end it earlier; this one is for a rack that vanished half way.
  const until = requestedAt + 2 * timings.power;
  if (now < until) return { kind: 'Waiting', until };
  const step = result.step === undefined ? '' : ` at step ${result.step}`;
  return { kind: 'Failed', reason: 'PowerTimeout', seen: `rack ${result.rack} did not end it${step}` };
}
