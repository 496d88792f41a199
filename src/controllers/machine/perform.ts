import type { MachineAction } from '../../api/machine-action/schema.ts';
import { failureMessage } from '../../domain/lifecycle/failures.ts';
import type { OwnedStatus, Verdict } from './decision.ts';
import { nextGeneration } from './network-boot.ts';
import { annotatedReference, hasPower, isHeld, type Observed, statusOf } from './observed.ts';
import { commission } from './phases/commissioning.ts';
import { dropSeed } from './phases/deploying.ts';
import { enterRescue, exitRescue } from './phases/entering-rescue.ts';
import { test } from './phases/testing.ts';
import { isDeployedStill } from './refusal.ts';
import { arrive, goBack, homeOf } from './return.ts';
import type { MachineTimings } from './timings.ts';
import { fail, ready, reconciling, standsAs, stopBoot } from './verdicts.ts';

/** What an action that is not refused does to the machine. undefined: it is about power alone, or about other machines. */
export function perform(
  observed: Observed,
  { spec, metadata }: MachineAction,
  now: number,
  timings: MachineTimings,
): Verdict | undefined {
  const { parameters } = spec;
  const seen = `MachineAction ${metadata.name}${spec.message === undefined ? '' : `: ${spec.message}`}`;
  switch (spec.action) {
    case 'Commission':
      return commission(observed, now, timings, parameters);
    case 'Test':
      return test(observed, now, timings, parameters);
    case 'Rescue':
      return enterRescue(observed, now, timings, parameters?.sshKeys);
    case 'ExitRescue':
      return exitRescue(observed, now);
    case 'Abort':
      return abort(observed, now, seen);
    case 'Override':
      return override(observed, now, seen);
    case 'MarkBroken':
      return breakDown(observed, now, seen);
    case 'MarkFixed':
      return fixed(observed);
    case 'Release':
      return releaseAgain(observed, now, parameters?.erase);
    case 'Lock':
      return { ...standsAs(observed), patch: { locked: true } };
    case 'Unlock':
      return { ...standsAs(observed), patch: { locked: undefined } };
    default:
      return undefined;
  }
}

function breakDown(observed: Observed, now: number, seen: string): Verdict {
  const { phase, returnTo } = statusOf(observed);
  const message = failureMessage(phase ?? 'Machine', 'MarkedBroken', seen);
  const wasDeployed = homeOf(observed) === 'Deployed' || returnTo?.wasDeployed === true;
  const kept = wasDeployed && isHeld(observed);
  return {
    patch: {
      ...stopBoot(observed, now),
      phase: 'Broken',
      step: undefined,
      task: undefined,
      returnTo: kept ? { phase: 'Deployed' } : undefined,
      failure: { reason: 'MarkedBroken', message },
      ...(phase === 'Deployed' && !kept ? { release: recorded(observed) } : {}),
    },
    state: 'Stalled',
    reason: 'MarkedBroken',
    message,
    events: [{ type: 'Warning', reason: 'MarkedBroken', message }],
    commands: dropSeed(observed),
  };
}

function releaseAgain(
  observed: Observed,
  now: number,
  erase: NonNullable<OwnedStatus['release']>['erase'] | undefined,
): Verdict {
  const release = recorded(observed);
  return reconciling('Releasing', {
    patch: {
      phase: 'Releasing',
      step: undefined,
      failure: undefined,
      returnTo: undefined,
      release: erase === undefined ? release : { ...release, erase },
      // A generation of its own, so that what failed before is not taken for the answer to this try.
      boot: { generation: nextGeneration(observed, now), target: 'Disk' },
    },
  });
}

/** What was recorded; for a machine that nothing is known of any more, its disks count as used. */
function recorded(observed: Observed): NonNullable<OwnedStatus['release']> {
  const { release } = statusOf(observed);
  return release ?? { allocationUid: annotatedReference(observed.machine)?.uid ?? 'unknown', erase: 'Quick' };
}

function fixed(observed: Observed): Verdict {
  const { release } = statusOf(observed);
  const patch = { failure: undefined, step: undefined, returnTo: undefined } as const;
  if (isDeployedStill(observed)) {
    // What it runs, and whether it runs, is its tenant's.
    return ready('Deployed', { patch: { ...patch, phase: 'Deployed', step: 'Returned' } });
  }
  if (release !== undefined) return reconciling('Releasing', { patch: { ...patch, phase: 'Releasing' } });
  return observed.hardware === undefined
    ? reconciling('AwaitingCommission', { patch: { ...patch, phase: 'New' } })
    : ready('Ready', { patch: { ...patch, phase: 'Ready' } });
}

function override(observed: Observed, now: number, seen: string): Verdict {
  const message = `The test that failed was overridden by ${seen}.`;
  const event = { type: 'Normal', reason: 'Overridden', message } as const;
  // Any other was switched off when the test failed.
  return homeOf(observed) === 'Deployed' && hasPower(observed)
    ? goBack(observed, now, { phase: 'Testing', event })
    : arrive(observed, event, { task: undefined });
}

function abort(observed: Observed, now: number, seen: string): Verdict {
  const event = { type: 'Normal', reason: 'Aborted', message: `Aborted by ${seen}.` } as const;
  switch (statusOf(observed).phase) {
    case 'Commissioning':
      return {
        ...reconciling('AwaitingCommission', {
          patch: { ...stopBoot(observed, now), phase: 'New', step: undefined, task: undefined },
        }),
        events: [event],
      };
    case 'Testing':
      return goBack(observed, now, { phase: 'Testing', event });
    case 'EnteringRescue':
      return goBack(observed, now, { phase: 'ExitingRescue', event });
    case 'Erasing':
      return fail(observed, now, { step: 'Erasing', reason: 'Aborted', seen });
    default:
      return fail(observed, now, {
        step: 'Deploying',
        reason: 'Aborted',
        seen,
        commands: dropSeed(observed),
      });
  }
}
