import type { Allocation } from '../../api/allocation/schema.ts';
import type { BootImage } from '../../api/boot-image/schema.ts';
import { isLocked } from '../../api/machine/locked.ts';
import { isUnique } from '../../api/machine/policy.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { names } from '../../api/meta.ts';
import { isApproved } from '../../domain/lifecycle/approval.ts';

/** All that a decision about an Allocation rests on, beside the machines that it could get. */
export interface Observed {
  allocation: Allocation;
  /** The machine that `status.machine` names or, without one, the one whose annotation names this Allocation. */
  machine: Machine | undefined;
  image: BootImage | undefined;
}

/** Whether the machine says that this Allocation holds it. */
export function holds({ metadata }: Allocation, machine: Machine | undefined): boolean {
  return machine?.status?.allocation !== undefined && machine.status.allocation.uid === metadata.uid;
}

/** Whether the machine's annotation names this Allocation: written when it was claimed, and not lost with a status. */
export function isAnnotated({ metadata }: Allocation, machine: Machine): boolean {
  const reference = `${metadata.namespace ?? ''}/${metadata.name}/${metadata.uid ?? ''}`;
  return machine.metadata.annotations?.[names.allocation] === reference;
}

/** Whether an Allocation may claim the machine: nobody holds it, and it is Ready or was this Allocation's before its status was lost. */
export function isClaimable(allocation: Allocation, machine: Machine): boolean {
  const { metadata, spec, status } = machine;
  if (status?.allocation !== undefined || metadata.deletionTimestamp !== undefined) return false;
  if (status?.phase === 'Deployed' && isAnnotated(allocation, machine)) return true;
  return (
    status?.phase === 'Ready' &&
    isApproved(machine) &&
    isUnique(machine) &&
    !isLocked(machine) &&
    !spec.maintenance
  );
}

/** Whether the machine has taken over what the Allocation wanted done with it at its end. */
export function hasRecordedRelease(uid: string | undefined, machine: Machine): boolean {
  return uid !== undefined && machine.status?.release?.allocationUid === uid;
}
