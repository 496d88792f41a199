import type { Allocation, AllocationStatus } from '../../api/allocation/schema.ts';
import { isLocked } from '../../api/machine/locked.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { names } from '../../api/meta.ts';
import { hasRecordedRelease, holds, isAnnotated, isClaimable, type Observed } from './observed.ts';
import { mirror, stateOf, statusWith, unknown } from './status.ts';

/** What to do about an Allocation. */
export type AllocationDecision =
  /** Put the finalizer on. */
  | { kind: 'Guard' }
  /** The scheduler has to look at it. */
  | { kind: 'Schedule' }
  /** Write the Allocation's name on its machine. */
  | { kind: 'Claim' }
  /** Forget the choice: somebody else has the machine, or it cannot be had any more. */
  | { kind: 'ChooseAnew' }
  | { kind: 'Write'; status: AllocationStatus }
  /** Take the Allocation's name off the machine, then let the Allocation go. */
  | { kind: 'LetGo' };

/**
 * What to do about an Allocation, from what is seen of it and its machine. Pure.
 *
 * @param now milliseconds since the epoch
 */
export function decideAllocation(observed: Observed, now: number): AllocationDecision {
  const { allocation, machine } = observed;
  const { metadata, status } = allocation;
  if (metadata.deletionTimestamp !== undefined) return ending(observed, now);
  if (metadata.finalizers?.includes(names.releaseFinalizer) !== true) return { kind: 'Guard' };
  if (status?.phase === undefined) {
    return { kind: 'Write', status: statusWith(allocation, { phase: 'Pending' }, unknown(), now) };
  }
  if (status.machine === undefined) return { kind: 'Schedule' };
  const sameMachine = machine !== undefined && machine.metadata.uid === status.machineUid;
  if (machine !== undefined && holds(allocation, machine)) {
    return { kind: 'Write', status: mirror(allocation, machine, now) };
  }
  const wasClaimed = status.phase !== 'Bound' && status.phase !== 'Pending';
  if (machine !== undefined && isClaimable(allocation, machine) && (sameMachine || wasClaimed)) {
    return wasClaimed && machine.status?.phase === 'Ready' ? lost(observed, now) : { kind: 'Claim' };
  }
  if (machine !== undefined && isFindingBack(allocation, machine)) {
    return { kind: 'Write', status: mirror(allocation, machine, now) };
  }
  return wasClaimed ? lost(observed, now) : { kind: 'ChooseAnew' };
}

/** A machine that has lost its status, and is about to find its Allocation again. */
function isFindingBack(allocation: Allocation, machine: Machine): boolean {
  if (machine.status?.allocation !== undefined) return false;
  return machine.status?.phase === undefined || isAnnotated(allocation, machine);
}

/** The machine was this Allocation's and is not any more: nothing that could be mended by another machine of its own accord. */
function lost({ allocation }: Observed, now: number): AllocationDecision {
  const { machine, machineUid, boundAt, deployedAt } = allocation.status ?? {};
  const part = { phase: 'Failed', machine, machineUid, boundAt, deployedAt } as const;
  const updates = stateOf(
    'Stalled',
    'MachineLost',
    `Machine ${machine ?? ''} is gone or is not held any more. Delete the Allocation.`,
  );
  return { kind: 'Write', status: statusWith(allocation, part, updates, now) };
}

function ending({ allocation, machine }: Observed, now: number): AllocationDecision {
  if (machine === undefined || !holds(allocation, machine)) return { kind: 'LetGo' };
  if (hasRecordedRelease(allocation.metadata.uid, machine)) return { kind: 'LetGo' };
  const status = mirror(allocation, machine, now);
  const stalledOnLock = isLocked(machine) && machine.status?.phase === 'Deployed';
  const updates = stateOf(
    stalledOnLock ? 'Stalled' : 'Reconciling',
    'Releasing',
    stalledOnLock
      ? `Machine ${machine.metadata.name} is locked: set spec.locked to false, or order Unlock.`
      : undefined,
  );
  const { conditions: _conditions, observedGeneration: _generation, ...part } = status;
  return { kind: 'Write', status: statusWith(allocation, { ...part, phase: 'Releasing' }, updates, now) };
}
