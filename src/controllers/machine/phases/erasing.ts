import type { Verdict } from '../decision.ts';
import { followTask } from '../network-boot.ts';
import { hasPower, type Observed, statusOf } from '../observed.ts';
import { followPower } from '../power.ts';
import type { MachineTimings } from '../timings.ts';
import { fail, reconciling, stopBoot } from '../verdicts.ts';
import { letGo } from './releasing.ts';

/** Boot, wait until the disks are erased, switch off. */
export function erasing(observed: Observed, now: number, timings: MachineTimings): Verdict {
  if (statusOf(observed).step === 'PowerOff') {
    const power = followPower(observed, now, timings);
    if (power.kind === 'Failed') return fail(observed, now, { step: 'Switching off', ...power });
    if (power.kind === 'Waiting') return reconciling('PoweringOff', { until: power.until });
    return letGo(observed, now, timings);
  }
  const words = { working: 'Erasing', timeout: 'EraseTimeout', limitMs: timings.erase } as const;
  const progress = followTask(observed, now, timings, words);
  if (progress.kind === 'Failed') return fail(observed, now, { step: 'Erasing', ...progress });
  if (progress.kind === 'Waiting') return reconciling(progress.reason, { until: progress.until });
  const patch = { step: 'PowerOff', ...stopBoot(observed, now) };
  return hasPower(observed)
    ? reconciling('PoweringOff', { patch })
    : reconciling('AwaitingRelease', { patch });
}
