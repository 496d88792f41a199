import type { MachinePhase } from '../../api/machine/phases.ts';
import type { TaskIntent } from '../../api/machine/task.ts';
import { isAway } from '../../domain/lifecycle/phases.ts';
import type { EventNote, OwnedStatus, Verdict } from './decision.ts';
import { nextGeneration } from './network-boot.ts';
import { hasPower, type Observed, statusOf } from './observed.ts';
import { followPower, powerRequest } from './power.ts';
import type { MachineTimings } from './timings.ts';
import { fail, failedAlready, ready, reconciling, stalled } from './verdicts.ts';

/** The step of a Deployed machine that has been away: its OS was set up before, and says nothing of that again. */
export const returnedStep = 'Returned';

/** Where the machine goes back to from a test, a rescue, or a failure of them. */
export function homeOf(observed: Observed): MachinePhase {
  const { phase, returnTo, allocation } = statusOf(observed);
  if (!isAway(phase)) return phase ?? 'New';
  return returnTo?.phase ?? (allocation === undefined ? 'New' : 'Deployed');
}

/** What has to be remembered when the machine goes away from where it is. */
export function leaveTo(observed: Observed): Pick<OwnedStatus, 'returnTo'> {
  const { phase, failure, returnTo } = statusOf(observed);
  if (phase === undefined || isAway(phase)) return { returnTo };
  const wasDeployed = phase === 'Broken' && returnTo?.phase === 'Deployed';
  return {
    returnTo: {
      phase,
      ...(failure === undefined ? {} : { failure }),
      ...(wasDeployed ? { wasDeployed } : {}),
    },
  };
}

/** Who may log in, as a task says it. */
export function loginsOf({
  sshKeys = [],
  enableSsh,
}: Pick<TaskIntent, 'sshKeys' | 'enableSsh'>): Pick<TaskIntent, 'sshKeys' | 'enableSsh'> {
  return {
    ...(sshKeys.length === 0 ? {} : { sshKeys: [...new Set(sshKeys)] }),
    ...(enableSsh === true ? { enableSsh } : {}),
  };
}

interface GoBackOptions {
  /** The phase in which it is switched. */
  phase: 'Testing' | 'ExitingRescue';
  event?: EventNote;
  /** Leaves it on, in the ephemeral OS; not where an installed OS has to run. */
  leaveOn?: boolean;
}

/** Begins the way back: an installed OS is started, any other machine switched off. */
export function goBack(observed: Observed, now: number, options: GoBackOptions): Verdict {
  const { phase, event, leaveOn = false } = options;
  const isDeployed = homeOf(observed) === 'Deployed';
  if (leaveOn && !isDeployed) return arrive(observed, event, { step: undefined });
  const generation = nextGeneration(observed, now);
  const boot = { generation, target: 'Disk' } as const;
  if (!hasPower(observed)) return arrive(observed, event, { boot, task: undefined });
  const id = `g${generation}-return`;
  const request = isDeployed ? powerRequest(id, 'Cycle', now, 'Disk') : powerRequest(id, 'Off', now);
  const patch = { phase, step: 'Return', boot, task: undefined, failure: undefined, power: { request } };
  const events = event === undefined ? [] : [event];
  return { ...reconciling(isDeployed ? 'StartingDisk' : 'PoweringOff', { patch }), events };
}

/** Waits until it is switched, and is where it was. */
export function goingBack(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const isDeployed = homeOf(observed) === 'Deployed';
  const power = followPower(observed, now, timings);
  if (power.kind === 'Failed')
    return fail(observed, now, { step: isDeployed ? 'Starting from disk' : 'Switching off', ...power });
  if (power.kind === 'Waiting')
    return reconciling(isDeployed ? 'StartingDisk' : 'PoweringOff', { until: power.until });
  return arrive(observed, undefined, { power: undefined });
}

/** Where it was, with what was the matter with it then. */
export function arrive(observed: Observed, event?: EventNote, more: Partial<OwnedStatus> = {}): Verdict {
  const { returnTo } = statusOf(observed);
  const home = homeOf(observed);
  const patch: Partial<OwnedStatus> = {
    step: home === 'Deployed' ? returnedStep : undefined,
    ...more,
    phase: home,
    failure: returnTo?.failure,
    returnTo: returnTo?.wasDeployed === true ? { phase: 'Deployed' } : undefined,
  };
  return { ...standing(observed, home, patch), events: event === undefined ? [] : [event] };
}

function standing(observed: Observed, home: MachinePhase, patch: Partial<OwnedStatus>): Verdict {
  switch (home) {
    case 'Deployed':
      return ready('Deployed', { patch });
    case 'Ready':
      return ready('Ready', { patch });
    case 'New':
      return stalled('AwaitingCommission', { patch });
    default: {
      const { failure } = patch;
      const machine = { ...observed.machine, status: { ...statusOf(observed), phase: home, failure } };
      return failedAlready({ ...observed, machine }, patch);
    }
  }
}
