import {
  type AnyAction,
  isMachineAction,
  type MachineActionStatus,
} from '../../api/machine-action/schema.ts';

/** How long an action that ended is kept, in milliseconds. */
const keptMs = 24 * 3600_000;

/** What an action is for, a Machine or a Chassis, as far as it tells of the action. */
export interface ActionTarget {
  status?:
    | {
        action?:
          | {
              name: string;
              uid: string;
              outcome: 'Running' | 'Succeeded' | 'Failed' | 'Refused';
              message: string;
            }
          | undefined;
      }
    | undefined;
}

/** What to do about a MachineAction. */
export type ActionDecision =
  | { kind: 'Write'; status: MachineActionStatus }
  | { kind: 'Remove' }
  | { kind: 'Wait'; forMs: number | undefined };

/**
 * Mirrors what the machine or chassis says of the action. Pure.
 *
 * @param target the one that the action names, when there is one
 * @param now milliseconds since the epoch
 */
export function decideAction(
  action: AnyAction,
  target: ActionTarget | undefined,
  now: number,
): ActionDecision {
  const { status } = action;
  const phase = status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Refused') {
    const finishedAt = Date.parse(status?.finishedAt ?? action.metadata.creationTimestamp ?? '');
    const left = Number.isNaN(finishedAt) ? 0 : finishedAt + keptMs - now;
    return left <= 0 ? { kind: 'Remove' } : { kind: 'Wait', forMs: left };
  }
  const said = target?.status?.action;
  if (said !== undefined && said.uid === action.metadata.uid) {
    return said.outcome === phase
      ? { kind: 'Wait', forMs: undefined }
      : { kind: 'Write', status: told(status, said.outcome, said.message, now) };
  }
  const kind = isMachineAction(action) ? 'machine' : 'chassis';
  if (target === undefined) {
    const message = `There is no ${kind} ${action.spec.machine ?? action.spec.chassis}.`;
    return { kind: 'Write', status: told(status, phase === 'Running' ? 'Failed' : 'Refused', message, now) };
  }
  if (phase === 'Running') {
    const message =
      said === undefined
        ? `The ${kind} does not know of it any more: its status was lost.`
        : `MachineAction ${said.name} ended it.`;
    return { kind: 'Write', status: told(status, 'Failed', message, now) };
  }
  if (phase === 'Pending') return { kind: 'Wait', forMs: undefined };
  return { kind: 'Write', status: { phase: 'Pending', message: 'Waits for its turn.' } };
}

function told(
  before: MachineActionStatus | undefined,
  phase: 'Running' | 'Succeeded' | 'Failed' | 'Refused',
  message: string,
  now: number,
): MachineActionStatus {
  const at = `${new Date(now).toISOString().slice(0, 19)}Z`;
  return {
    phase,
    message,
    startedAt: before?.startedAt ?? at,
    ...(phase === 'Running' ? {} : { finishedAt: at }),
  };
}
