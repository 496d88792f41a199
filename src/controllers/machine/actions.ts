import type { AnyAction, MachineAction } from '../../api/machine-action/schema.ts';
import { type ActionRule, actionRules } from '../../domain/lifecycle/actions.ts';
import { failureMessage } from '../../domain/lifecycle/failures.ts';
import type { OwnedStatus, Verdict } from './decision.ts';
import { type Observed, statusOf } from './observed.ts';
import { perform } from './perform.ts';
import { followPower, powerRequest } from './power.ts';
import { refusal } from './refusal.ts';
import { followRotation } from './rotation.ts';
import type { MachineTimings } from './timings.ts';
import { standsAs } from './verdicts.ts';

type Taken = NonNullable<OwnedStatus['action']>;

/** Whether a MachineAction has come to its end. */
export function hasEnded({ status }: Pick<AnyAction, 'status'>): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' || status?.phase === 'Refused';
}

/** Whether a MachineAction was never taken up: one that runs was, even if nobody remembers it. */
export function isWaiting(action: Pick<AnyAction, 'status'>): boolean {
  return !hasEnded(action) && action.status?.phase !== 'Running';
}

function ruleOf(name: string | undefined): ActionRule | undefined {
  return Object.entries(actionRules).find(([action]) => action === name)?.[1];
}

/**
 * The action to take up now. The oldest first, and none before the last one's end is written into its own object: until
 * then `status.action` is the only memory of it. What interrupts does not wait for an action that lasts.
 */
export function nextAction(
  observed: Observed,
  now: number,
  timings: MachineTimings,
): { action: MachineAction } | { until: number } | undefined {
  const { actions } = observed;
  const { action: last, phase } = statusOf(observed);
  if (phase === undefined) return undefined;
  const lastObject = actions.find(({ metadata }) => metadata.uid === last?.uid);
  const waiting = actions.filter(
    (action) => isWaiting(action) && action.metadata.deletionTimestamp === undefined && action !== lastObject,
  );
  if (isLasting(observed)) {
    // Until its object says that it runs, it would be taken for one that waits.
    if (lastObject !== undefined && lastObject.status?.phase !== 'Running') return undefined;
    const action = waiting.find(
      (other) => actionRules[other.spec.action].interrupts === true && refusal(observed, other) === undefined,
    );
    return action && { action };
  }
  if (lastObject !== undefined && !hasEnded(lastObject)) return undefined;
  const [next] = waiting;
  if (next === undefined) return undefined;
  // One wish to the BMC at a time: a second would hide the first.
  const power = followPower(observed, now, timings);
  const ordersPower = next.spec.action.startsWith('Power');
  return ordersPower && power.kind === 'Waiting' ? { until: power.until } : { action: next };
}

/** Whether the action that was taken up last is under way in a phase of its own. */
function isLasting(observed: Observed): boolean {
  const { action, phase } = statusOf(observed);
  if (action?.outcome !== 'Running') return false;
  return ruleOf(action.action)?.lasts?.some((lasting) => lasting === phase) === true;
}

/** Takes an action up: the verdict that it causes, with its outcome in the same write. */
export function takeAction(
  observed: Observed,
  action: MachineAction,
  now: number,
  timings: MachineTimings,
): Verdict {
  const refused = refusal(observed, action);
  if (refused !== undefined) return outcome(action, 'Refused', standsAs(observed), refused);
  if (action.spec.action === 'CloneConfiguration') return clone(observed, action);
  if (action.spec.action === 'RotateBmcCredentials') return outcome(action, 'Running', standsAs(observed));
  const verdict = perform(observed, action, now, timings);
  if (verdict === undefined) {
    const { mode } = action.spec.parameters ?? {};
    const request = powerRequest(action.metadata.uid ?? '', powerOf(action), now);
    const patch = { power: { request: mode === undefined ? request : { ...request, mode } } };
    return outcome(action, 'Running', { ...standsAs(observed), patch });
  }
  const phase = verdict.patch.phase ?? statusOf(observed).phase;
  const lasts = actionRules[action.spec.action].lasts?.some((lasting) => lasting === phase) === true;
  return outcome(action, lasts ? 'Running' : 'Succeeded', verdict);
}

/** The copying itself is a command; what came of it is there at the second look. */
function clone(observed: Observed, action: MachineAction): Verdict {
  const { name, uid = '' } = action.metadata;
  const { clone: done } = observed;
  const parameters = action.spec.parameters?.clone;
  if (done?.uid === uid) return outcome(action, done.outcome, standsAs(observed), done.message);
  const commands =
    parameters === undefined ? [] : [{ kind: 'Clone', action: name, uid, parameters } as const];
  return { ...standsAs(observed), commands };
}

function outcome(
  action: MachineAction,
  result: Taken['outcome'],
  verdict: Verdict,
  said: string = actionMessages[action.spec.action],
): Verdict {
  const { name, uid = '' } = action.metadata;
  const message = said.slice(0, 1024);
  return {
    ...verdict,
    patch: {
      ...verdict.patch,
      action: { name, uid, action: action.spec.action, outcome: result, message },
    },
    commands: [{ kind: 'ConfirmAction', name, uid }, ...(verdict.commands ?? [])],
  };
}

const actionMessages = {
  Commission: 'Commissioning has begun.',
  Test: 'Testing has begun.',
  Rescue: 'The ephemeral OS is being booted for rescue.',
  ExitRescue: 'The rescue is being ended.',
  PowerOn: 'The BMC is asked to switch the machine on.',
  PowerOff: 'The BMC is asked to switch the machine off.',
  PowerCycle: 'The BMC is asked to switch the machine off and on.',
  PowerStatus: 'The BMC is asked whether the machine is on.',
  MarkBroken: 'The machine is out of use.',
  MarkFixed: 'The machine is in use again.',
  Override: 'The test that failed is overridden.',
  Abort: 'What was under way has been stopped.',
  Release: 'The machine is being released.',
  Lock: 'The machine is locked.',
  Unlock: 'The machine is unlocked.',
  CloneConfiguration: 'The configuration is copied.',
  RotateBmcCredentials: 'The BMC is given another password.',
} as const;

function powerOf({ spec }: MachineAction): 'On' | 'Off' | 'Cycle' | 'Status' {
  switch (spec.action) {
    case 'PowerOff':
      return 'Off';
    case 'PowerCycle':
      return 'Cycle';
    case 'PowerOn':
      return 'On';
    default:
      return 'Status';
  }
}

/** How an action that was taken up stands now; undefined: there is none under way. */
export function followAction(
  observed: Observed,
  now: number,
  timings: MachineTimings,
): { patch: Pick<OwnedStatus, 'action' | 'power'>; until?: number } | undefined {
  const { action, power } = statusOf(observed);
  if (action?.outcome !== 'Running') return undefined;
  if (ruleOf(action.action)?.lasts !== undefined) return followPhase(observed, action);
  if (action.action === 'RotateBmcCredentials') return followRotation(observed, action);
  if (power?.request?.id !== action.uid) {
    const message = 'Another power request took its place.';
    return { patch: { action: { ...action, outcome: 'Failed', message } } };
  }
  const progress = followPower(observed, now, timings);
  switch (progress.kind) {
    case 'Waiting':
      return { patch: {}, until: progress.until };
    case 'Failed': {
      const message = failureMessage('Power', progress.reason, progress.seen).slice(0, 1024);
      // Withdrawn: a rack that comes back tomorrow must not carry it out then.
      return { patch: { action: { ...action, outcome: 'Failed', message }, power: undefined } };
    }
    case 'Done': {
      const message = power?.result?.message ?? 'The BMC has carried it out.';
      return { patch: { action: { ...action, outcome: 'Succeeded', message } } };
    }
  }
}

/** An action that lasts ends with its phases: badly where the machine did not come to what was wanted. */
function followPhase(observed: Observed, action: Taken): { patch: Pick<OwnedStatus, 'action'> } | undefined {
  if (isLasting(observed)) return { patch: {} };
  const { phase, failure } = statusOf(observed);
  const failed = ruleOf(action.action)?.fails?.some((failing) => failing === phase) === true;
  const message = failed ? (failure?.message ?? `The machine is ${phase}.`) : `The machine is ${phase}.`;
  return {
    patch: {
      action: { ...action, outcome: failed ? 'Failed' : 'Succeeded', message: message.slice(0, 1024) },
    },
  };
}
