import type { Verdict } from '../decision.ts';
import { followTask, networkBoot } from '../network-boot.ts';
import { hasPower, type Observed, statusOf } from '../observed.ts';
import { goBack, leaveTo, loginsOf } from '../return.ts';
import type { MachineTimings } from '../timings.ts';
import { fail, reconciling, stalled } from '../verdicts.ts';

/** The agent's step from which on people may log in. */
export const rescueStep = 'Rescue';

/** Keys of those who may log in to rescue: those of the order, and of the Allocation that holds the machine. */
export function rescueKeys(observed: Observed, ordered: readonly string[] = []): string[] {
  const { allocation } = observed;
  const holds = allocation?.metadata.uid === statusOf(observed).allocation?.uid;
  return [...new Set([...ordered, ...(holds ? (allocation?.spec.sshKeys ?? []) : [])])].slice(0, 64);
}

/** Enters the phase, with the intent of the boot. */
export function enterRescue(
  observed: Observed,
  now: number,
  timings: MachineTimings,
  ordered: readonly string[] | undefined,
): Verdict {
  const task = { kind: 'Rescue', ...loginsOf({ sshKeys: rescueKeys(observed, ordered) }) } as const;
  return reconciling(hasPower(observed) ? 'PoweringOn' : 'AwaitingPerson', {
    patch: {
      phase: 'EnteringRescue',
      step: 'Boot',
      failure: undefined,
      ...leaveTo(observed),
      ...networkBoot(observed, now, timings, task, timings.rescue),
    },
  });
}

/** Boot, wait until people may log in. */
export function enteringRescue(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const { task, taskResult, bootProgress } = statusOf(observed);
  const step = 'Entering rescue';
  const words = { working: 'EnteringRescue', timeout: 'RescueTimeout', limitMs: timings.rescue } as const;
  const progress = followTask(observed, now, timings, words);
  if (progress.kind === 'Failed') return fail(observed, now, { step, ...progress });
  if (progress.kind === 'Done') {
    const seen = 'the agent said that the rescue is over before it began';
    return fail(observed, now, { step, reason: 'RescueEnded', seen });
  }
  const accepts = taskResult?.id === task?.id && taskResult?.step === rescueStep;
  if (!accepts) return reconciling(progress.reason, { until: progress.until });
  const message = rescueMessage(bootProgress?.address, taskResult?.message);
  return {
    ...stalled('Rescue', { patch: { phase: 'Rescue', step: undefined }, message, until: progress.until }),
    events: [{ type: 'Normal', reason: 'Rescue', message }],
  };
}

/** Where to log in, and what the host keys are. */
export function rescueMessage(address: string | undefined, said: string | undefined): string {
  const where = address === undefined ? 'the machine' : `root@${address}`;
  return `Log in as ${where} by SSH${said === undefined ? '' : `: ${said}`}. Order ExitRescue to end it.`;
}

/** Leaves the rescue, from wherever in it. */
export function exitRescue(observed: Observed, now: number): Verdict {
  return goBack(observed, now, { phase: 'ExitingRescue' });
}
