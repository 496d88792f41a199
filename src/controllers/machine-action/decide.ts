import type { Machine } from '../../api/machine/schema.ts';
import type { MachineAction, MachineActionStatus } from '../../api/machine-action/schema.ts';

/** How long an action that ended is kept, in milliseconds. */
const keptMs = 24 * 3600_000;

/** What to do about a MachineAction. */
export type ActionDecision =
  | { kind: 'Write'; status: MachineActionStatus }
  | { kind: 'Remove' }
  | { kind: 'Wait'; forMs: number | undefined };

/**
 * Mirrors what the machine says of the action. Pure.
 *
 * @param machine the one that the action names, when there is one
 * @param now milliseconds since the epoch
 */
export function decideAction(
  action: MachineAction,
  machine: Machine | undefined,
  now: number,
): ActionDecision {
  const { status } = action;
  const phase = status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Refused') {
    const finishedAt = Date.parse(status?.finishedAt ?? action.metadata.creationTimestamp ?? '');
    const left = Number.isNaN(finishedAt) ? 0 : finishedAt + keptMs - now;
    return left <= 0 ? { kind: 'Remove' } : { kind: 'Wait', forMs: left };
  }
  const said = machine?.status?.action;
  if (said !== undefined && said.uid === action.metadata.uid) {
    return said.outcome === phase
      ? { kind: 'Wait', forMs: undefined }
      : { kind: 'Write', status: told(status, said.outcome, said.message, now) };
  }
  if (machine === undefined) {
    const message = `There is no machine ${action.spec.machine}.`;
    return { kind: 'Write', status: told(status, phase === 'Running' ? 'Failed' : 'Refused', message, now) };
  }
  if (phase === 'Running') {
    // Only a lost status forgets an action that runs.
    const message = 'The machine does not know of it any more.';
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
