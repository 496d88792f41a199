import { isLocked } from '../../../api/machine/locked.ts';
import { isApproved } from '../../../domain/lifecycle/approval.ts';
import type { Verdict } from '../decision.ts';
import { hasWayToBoot, type Observed, statusOf } from '../observed.ts';
import type { MachineTimings } from '../timings.ts';
import { stalled } from '../verdicts.ts';
import { commission } from './commissioning.ts';

/** Commissioned once by itself, as soon as it is approved and there is a way to switch it. */
export function newMachine(observed: Observed, now: number, timings: MachineTimings): Verdict {
  if (!isApproved(observed.machine)) return stalled('AwaitingApproval');
  if (!hasWayToBoot(observed)) return stalled('AwaitingBmc');
  if (isLocked(observed.machine)) return stalled('Locked');
  if ((statusOf(observed).commissioned?.attempts ?? 0) > 0) return stalled('AwaitingCommission');
  return commission(observed, now, timings);
}
