import { failureMessage } from '../../domain/lifecycle/failures.ts';
import type { EventNote, Verdict } from './decision.ts';
import { hasPower, type Observed, statusOf } from './observed.ts';
import { followPower } from './power.ts';
import { millis } from './time.ts';
import type { MachineTimings } from './timings.ts';
import { reconciling, stopBoot } from './verdicts.ts';

/** How a machine goes that is being deleted and that nobody holds. */
export type Departure =
  | { kind: 'Wait'; verdict: Verdict }
  /** Nothing is waited for any more. */
  | { kind: 'Go'; events: readonly EventNote[] };

/**
 * What is left to do for a machine that is being deleted: one that runs the ephemeral OS is switched off, and what its BMC was
 * asked for is waited for; no longer than the limit, so that a dead BMC holds nobody up.
 */
export function depart(observed: Observed, now: number, timings: MachineTimings): Departure {
  const status = statusOf(observed);
  const { boot } = status;
  const limit = millis(observed.machine.metadata.deletionTimestamp, now) + timings.delete;
  if (!hasPower(observed)) return { kind: 'Go', events: [] };
  if (boot?.target === 'EphemeralOS' && now < limit) {
    const patch = { ...stopBoot(observed, now), step: 'Deleting', task: undefined };
    return { kind: 'Wait', verdict: reconciling('Deleting', { patch, until: limit }) };
  }
  const power = followPower(observed, now, timings);
  if (power.kind === 'Waiting' && now < limit) {
    return { kind: 'Wait', verdict: reconciling('Deleting', { until: Math.min(power.until, limit) }) };
  }
  if (power.kind === 'Done' && boot?.target !== 'EphemeralOS') return { kind: 'Go', events: [] };
  const wasAsked = status.step === 'Deleting' || power.kind === 'Waiting' || boot?.target === 'EphemeralOS';
  if (!wasAsked) return { kind: 'Go', events: [] };
  const seen =
    power.kind === 'Failed' ? `${power.reason}: ${power.seen}` : 'its BMC did not end it before the limit';
  const message = failureMessage('Switching off before the deletion', 'DeletionGaveUp', seen);
  return { kind: 'Go', events: [{ type: 'Warning', reason: 'DeletionGaveUp', message }] };
}
