import { isTrue } from '../../../api/conditions.ts';
import type { Verdict } from '../decision.ts';
import { type Observed, statusOf } from '../observed.ts';
import { millis } from '../time.ts';
import type { MachineTimings } from '../timings.ts';
import { fail, reconciling } from '../verdicts.ts';

/** Waits until there is something to install, and for a moment for an address. */
export function allocated(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const { allocation, image } = observed;
  const status = statusOf(observed);
  const since = millis(status.phaseSince, now);
  const hasDisk = image?.status?.artifacts?.some((artifact) => artifact.role === 'Disk') === true;
  if (!hasDisk || !isTrue(image?.status?.conditions, 'Ready')) {
    const until = since + timings.image;
    const name = allocation?.spec.image ?? 'unknown';
    const seen = image === undefined ? `there is no BootImage ${name}` : `BootImage ${name} is not Ready`;
    if (now < until)
      return reconciling('AwaitingImage', { until, message: `Waits for a BootImage: ${seen}.` });
    return fail(observed, now, { step: 'Preparing the deployment', reason: 'BootImageNotReady', seen });
  }
  // Where it boots from is known once it has booted; only there can an address be expected.
  const until = since + timings.address;
  const expected = status.bootProgress?.subnet !== undefined && observed.addresses.length === 0;
  if (expected && now < until) return reconciling('AwaitingAddress', { until });
  return reconciling('PreparingSeed', { patch: { phase: 'Deploying', step: 'Seed' } });
}
