import type { Verdict } from '../decision.ts';
import { adopter, isHeld, type Observed, statusOf } from '../observed.ts';
import { returnedStep } from '../return.ts';
import { millis } from '../time.ts';
import type { MachineTimings } from '../timings.ts';
import { ready, reconciling, stalled } from '../verdicts.ts';

/** The tenant's. Nothing is done to it but what its Allocation wants. */
export function deployed(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const { boot, bootProgress, phaseSince, step } = statusOf(observed);
  if (!isHeld(observed) && adopter(observed) === undefined) {
    return stalled('HeldByNobody');
  }
  // After a lost status nobody knows of the boot any more; it was Deployed, and that is that.
  if (boot === undefined) return ready('Adopted');
  if (step === returnedStep) return ready('Deployed');
  if (bootProgress?.generation === boot.generation && bootProgress.stage === 'Finished')
    return ready('Deployed');
  const until = millis(phaseSince, now) + timings.cloudInit;
  return now < until ? reconciling('CloudInitRunning', { until }) : stalled('PhoneHomeIncomplete');
}
