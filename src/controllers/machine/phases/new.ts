import type { Verdict } from '../decision.ts';
import { type Observed, statusOf } from '../observed.ts';
import type { MachineTimings } from '../timings.ts';
import { stalled } from '../verdicts.ts';
import { commission } from './commissioning.ts';

/** Commissioned once by itself, as soon as a person has approved it and there is a way to switch it. */
export function newMachine(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const { spec } = observed.machine;
  if (!spec.approved) return stalled('AwaitingApproval');
  if (spec.bmc === undefined) return stalled('AwaitingBmc');
  if (spec.locked) return stalled('Locked');
  if ((statusOf(observed).commissioned?.attempts ?? 0) > 0) return stalled('AwaitingCommission');
  return commission(observed, now, timings);
}
