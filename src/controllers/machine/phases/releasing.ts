import type { Verdict } from '../decision.ts';
import { networkBoot } from '../network-boot.ts';
import { hasPower, type Observed, statusOf } from '../observed.ts';
import { followPower, powerRequest } from '../power.ts';
import type { MachineTimings } from '../timings.ts';
import { fail, ready, reconciling } from '../verdicts.ts';

/** Hands the machine on to be erased; or, where the disks are kept, switches it off. */
export function releasing(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const { boot, release, step } = statusOf(observed);
  if (release !== undefined && release.erase !== 'None') {
    const task = { kind: 'Erase', erase: release.erase } as const;
    return reconciling(hasPower(observed) ? 'PoweringOn' : 'AwaitingPerson', {
      patch: {
        phase: 'Erasing',
        step: 'Erase',
        ...networkBoot(observed, now, timings, task, timings.erase),
      },
    });
  }
  if (!hasPower(observed)) return letGo(observed, now, timings);
  if (step !== 'PowerOff') {
    const id = `g${boot?.generation ?? 0}-release-${release?.allocationUid ?? 'none'}`;
    return reconciling('PoweringOff', {
      patch: { step: 'PowerOff', power: { request: powerRequest(id, 'Off', now) } },
    });
  }
  const power = followPower(observed, now, timings);
  if (power.kind === 'Failed') return fail(observed, now, { step: 'Switching off', ...power });
  if (power.kind === 'Waiting') return reconciling('PoweringOff', { until: power.until });
  return letGo(observed, now, timings);
}

/** Back into the pool, once the Allocation has let the machine go. */
export function letGo(
  observed: Observed,
  now: number,
  timings: MachineTimings,
  patch: Verdict['patch'] = {},
): Verdict {
  // Nothing times out here: all that the allocation controller has to do is to take its name off.
  if (statusOf(observed).allocation !== undefined) {
    return reconciling('AwaitingRelease', { patch, until: now + timings.power });
  }
  return {
    ...ready('Ready', {
      patch: {
        ...patch,
        phase: 'Ready',
        step: undefined,
        task: undefined,
        power: undefined,
        release: undefined,
        returnTo: undefined,
        failure: undefined,
        phoneHomeTokenHash: undefined,
      },
    }),
    events: [{ type: 'Normal', reason: 'Released', message: 'The machine is back in the pool.' }],
  };
}
