import type { ActionParameters } from '../../../api/machine-action/schema.ts';
import type { Verdict } from '../decision.ts';
import { followTask, networkBoot } from '../network-boot.ts';
import { hasPower, type Observed, statusOf } from '../observed.ts';
import { goBack, goingBack, leaveTo, loginsOf } from '../return.ts';
import type { MachineTimings } from '../timings.ts';
import { fail, reconciling } from '../verdicts.ts';

/** Enters the phase, with the intent of the boot. */
export function test(
  observed: Observed,
  now: number,
  timings: MachineTimings,
  { tests, enableSsh, sshKeys }: ActionParameters = {},
): Verdict {
  const task = {
    kind: 'Test',
    ...(tests === undefined ? {} : { tests }),
    ...loginsOf({ enableSsh, sshKeys }),
  } as const;
  return reconciling(hasPower(observed) ? 'PoweringOn' : 'AwaitingPerson', {
    patch: {
      phase: 'Testing',
      step: 'Boot',
      failure: undefined,
      ...leaveTo(observed),
      ...networkBoot(observed, now, timings, task, timings.test),
    },
  });
}

/** Boot, wait for the tests, go back to where it was. */
export function testing(observed: Observed, now: number, timings: MachineTimings): Verdict {
  if (statusOf(observed).step === 'Return') return goingBack(observed, now, timings);
  const words = { working: 'Testing', timeout: 'TestTimeout', limitMs: timings.test } as const;
  const progress = followTask(observed, now, timings, words);
  if (progress.kind === 'Failed') return fail(observed, now, { step: 'Testing', ...progress });
  if (progress.kind === 'Waiting') return reconciling(progress.reason, { until: progress.until });
  const event = { type: 'Normal', reason: 'Tested', message: 'All tests of the hardware passed.' } as const;
  const stays = statusOf(observed).task?.enableSsh === true;
  return goBack(observed, now, { phase: 'Testing', event, leaveOn: stays });
}
