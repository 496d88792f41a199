import type { Verdict } from '../decision.ts';
import { type Observed, statusOf } from '../observed.ts';
import { millis } from '../time.ts';
import type { MachineTimings } from '../timings.ts';
import { reconciling, stalled } from '../verdicts.ts';

/** A rack made the machine; its inventory follows at once, or something went wrong on the way. */
export function enlisting(observed: Observed, now: number, timings: MachineTimings): Verdict {
  if (observed.hardware !== undefined) return reconciling('Enlisting', { patch: { phase: 'New' } });
  const until = millis(statusOf(observed).phaseSince, now) + timings.enlist;
  return now < until ? reconciling('Enlisting', { until }) : stalled('EnlistingTimeout');
}
