import type { MachineAction } from '../../api/machine-action/schema.ts';
import { actionRules } from '../../domain/lifecycle/actions.ts';
import { failureMessage } from '../../domain/lifecycle/failures.ts';
import type { OwnedStatus, Verdict } from './decision.ts';
import { nextGeneration } from './network-boot.ts';
import { adopter, annotatedReference, hasPower, type Observed, statusOf } from './observed.ts';
import { commission } from './phases/commissioning.ts';
import { dropSeed } from './phases/deploying.ts';
import { followPower, powerRequest } from './power.ts';
import type { MachineTimings } from './timings.ts';
import { fail, ready, reconciling, stopBoot } from './verdicts.ts';

/** Whether a MachineAction has come to its end. */
export function hasEnded({ status }: MachineAction): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' || status?.phase === 'Refused';
}

/**
 * The action to take up now. The oldest first, and none before the last one's end is written into its own object: until
 * then `status.action` is the only memory of it.
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
  if (lastObject !== undefined && !hasEnded(lastObject)) return undefined;
  const next = actions.find(
    (action) => !hasEnded(action) && action.metadata.deletionTimestamp === undefined && action !== lastObject,
  );
  if (next === undefined) return undefined;
  // One wish to the BMC at a time: a second would hide the first.
  const power = followPower(observed, now, timings);
  const ordersPower = next.spec.action.startsWith('Power');
  return ordersPower && power.kind === 'Waiting' ? { until: power.until } : { action: next };
}

/** Takes an action up: the verdict that it causes, with its outcome in the same write. */
export function takeAction(
  observed: Observed,
  action: MachineAction,
  now: number,
  timings: MachineTimings,
): Verdict {
  const refused = refusal(observed, action);
  if (refused !== undefined)
    return outcome(action, 'Refused', { patch: {}, ...unchanged(observed) }, refused);
  const verdict = perform(observed, action, now, timings);
  if (verdict === undefined) {
    const request = powerRequest(action.metadata.uid ?? '', powerOf(action), now);
    return outcome(action, 'Running', { patch: { power: { request } }, ...unchanged(observed) });
  }
  return outcome(action, 'Succeeded', verdict);
}

function outcome(
  action: MachineAction,
  result: NonNullable<OwnedStatus['action']>['outcome'],
  verdict: Verdict,
  said: string = actionMessages[action.spec.action],
): Verdict {
  const { name, uid = '' } = action.metadata;
  const message = said.slice(0, 1024);
  return {
    ...verdict,
    patch: { ...verdict.patch, action: { name, uid, outcome: result, message } },
    commands: [{ kind: 'ConfirmAction', name, uid }, ...(verdict.commands ?? [])],
  };
}

const actionMessages = {
  Commission: 'Commissioning has begun.',
  PowerOn: 'The BMC is asked to switch the machine on.',
  PowerOff: 'The BMC is asked to switch the machine off.',
  PowerCycle: 'The BMC is asked to switch the machine off and on.',
  MarkBroken: 'The machine is out of use.',
  MarkFixed: 'The machine is in use again.',
  Abort: 'What was under way has been stopped.',
  Release: 'The machine is being released.',
} as const;

/** The readiness of a machine whose phase an action does not touch. */
function unchanged(observed: Observed): Pick<Verdict, 'state' | 'reason' | 'message'> {
  const { conditions = [], phase } = statusOf(observed);
  const ready = conditions.find(({ type }) => type === 'Ready');
  const is = (wanted: string): boolean =>
    conditions.some(({ type, status }) => type === wanted && status === 'True');
  return {
    state: ready?.status === 'True' ? 'Ready' : is('Stalled') ? 'Stalled' : 'Reconciling',
    reason: ready?.reason ?? phase ?? 'Unknown',
    message: ready?.message ?? '',
  };
}

function powerOf({ spec }: MachineAction): 'On' | 'Off' | 'Cycle' {
  if (spec.action === 'PowerOff') return 'Off';
  return spec.action === 'PowerCycle' ? 'Cycle' : 'On';
}

/** Why the action may not be taken up; undefined: it may. */
function refusal(observed: Observed, { spec: { action } }: MachineAction): string | undefined {
  const { phase } = statusOf(observed);
  const rule = actionRules[action];
  if (observed.machine.spec.locked) return 'The machine is locked: set spec.locked to false first.';
  if (phase === undefined || !rule.from.some((from) => from === phase)) {
    return `${action} is not possible while the machine is ${phase ?? 'without a phase'}; it is from ${rule.from.join(', ')}.`;
  }
  switch (action) {
    case 'Commission':
      return refuseHeld(observed) ?? refuseCommission(observed);
    case 'PowerOn':
    case 'PowerOff':
    case 'PowerCycle':
      return hasPower(observed)
        ? undefined
        : 'No rack can switch the machine: spec.bmc is missing or manual.';
    case 'MarkBroken':
      return phase === 'Deployed' ? refuseHeld(observed) : undefined;
    case 'MarkFixed':
      return refuseHeld(observed) ?? refuseLost(observed);
    case 'Release':
      return refuseHeld(observed);
    default:
      return undefined;
  }
}

function refuseHeld(observed: Observed): string | undefined {
  const holder = statusOf(observed).allocation ?? adopter(observed)?.metadata;
  return holder && `Allocation ${holder.namespace ?? ''}/${holder.name} holds the machine: delete it first.`;
}

function refuseCommission(observed: Observed): string | undefined {
  const { spec } = observed.machine;
  if (!spec.approved) return 'The machine is not approved: set spec.approved first.';
  if (spec.bmc === undefined) return 'The machine has no spec.bmc.';
  return statusOf(observed).release === undefined && annotatedReference(observed.machine) === undefined
    ? undefined
    : 'The machine has yet to be released: order Release first.';
}

function refuseLost(observed: Observed): string | undefined {
  return statusOf(observed).release === undefined && annotatedReference(observed.machine) !== undefined
    ? 'The Allocation of the machine was lost: order Release, or restore the Allocation.'
    : undefined;
}

/** undefined: the action is about power alone. */
function perform(
  observed: Observed,
  { spec, metadata }: MachineAction,
  now: number,
  timings: MachineTimings,
): Verdict | undefined {
  const { phase } = statusOf(observed);
  const said = spec.message === undefined ? '' : `: ${spec.message}`;
  switch (spec.action) {
    case 'Commission':
      return commission(observed, now, timings);
    case 'Abort':
      return abort(observed, now, `MachineAction ${metadata.name}${said}`);
    case 'MarkBroken': {
      const message = failureMessage(
        phase ?? 'Machine',
        'MarkedBroken',
        `MachineAction ${metadata.name}${said}`,
      );
      return {
        patch: {
          ...stopBoot(observed, now),
          phase: 'Broken',
          step: undefined,
          task: undefined,
          failure: { reason: 'MarkedBroken', message },
          ...(phase === 'Deployed' ? { release: lostRelease(observed) } : {}),
        },
        state: 'Stalled',
        reason: 'MarkedBroken',
        message,
        events: [{ type: 'Warning', reason: 'MarkedBroken', message }],
        commands: dropSeed(observed),
      };
    }
    case 'MarkFixed':
      return fixed(observed);
    case 'Release':
      return reconciling('Releasing', {
        patch: {
          phase: 'Releasing',
          step: undefined,
          failure: undefined,
          release: lostRelease(observed),
          // A generation of its own, so that what failed before is not taken for the answer to this try.
          boot: { generation: nextGeneration(observed, now), target: 'Disk' },
        },
      });
    default:
      return undefined;
  }
}

/** What was recorded; for a machine that nothing is known of any more, its disks count as used. */
function lostRelease(observed: Observed): NonNullable<OwnedStatus['release']> {
  const { release } = statusOf(observed);
  return release ?? { allocationUid: annotatedReference(observed.machine)?.uid ?? 'unknown', erase: 'Quick' };
}

function fixed(observed: Observed): Verdict {
  const { release } = statusOf(observed);
  const patch = { failure: undefined, step: undefined } as const;
  if (release !== undefined) return reconciling('Releasing', { patch: { ...patch, phase: 'Releasing' } });
  return observed.hardware === undefined
    ? reconciling('AwaitingCommission', { patch: { ...patch, phase: 'New' } })
    : ready('Ready', { patch: { ...patch, phase: 'Ready' } });
}

function abort(observed: Observed, now: number, seen: string): Verdict {
  const { phase } = statusOf(observed);
  if (phase === 'Commissioning') {
    return {
      ...reconciling('AwaitingCommission', {
        patch: { ...stopBoot(observed, now), phase: 'New', step: undefined, task: undefined },
      }),
      events: [{ type: 'Normal', reason: 'Aborted', message: `Commissioning was aborted by ${seen}.` }],
    };
  }
  const step = phase === 'Erasing' ? 'Erasing' : 'Deploying';
  return fail(observed, now, { step, reason: 'Aborted', seen, commands: dropSeed(observed) });
}

/** How a power action that was taken up stands now; undefined: there is none under way. */
export function followAction(
  observed: Observed,
  now: number,
  timings: MachineTimings,
): { patch: Pick<OwnedStatus, 'action' | 'power'>; until?: number } | undefined {
  const { action, power } = statusOf(observed);
  if (action?.outcome !== 'Running') return undefined;
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
    case 'Done':
      return {
        patch: { action: { ...action, outcome: 'Succeeded', message: 'The BMC has carried it out.' } },
      };
  }
}
