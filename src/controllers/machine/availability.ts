import type { ConditionUpdate } from '../../api/conditions.ts';
import { isLocked } from '../../api/machine/locked.ts';
import { isUnique } from '../../api/machine/policy.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { isApproved } from '../../domain/lifecycle/approval.ts';
import { type AvailabilityReason, availabilityReasons } from './reasons.ts';

/** The `Available` condition: whether an Allocation may claim the machine. */
export function availability(machine: Machine, phase: MachineStatus['phase']): ConditionUpdate {
  const reason = reasonOf(machine, phase);
  return {
    type: 'Available',
    status: reason === 'Available' ? 'True' : 'False',
    reason,
    message: availabilityReasons[reason],
  };
}

function reasonOf({ metadata, spec, status }: Machine, phase: MachineStatus['phase']): AvailabilityReason {
  if (metadata.deletionTimestamp !== undefined) return 'BeingDeleted';
  if (status?.allocation !== undefined) return 'Held';
  if (phase !== 'Ready') return 'NotReady';
  if (!isApproved({ spec, status })) return 'NotApproved';
  if (!isUnique({ spec, status })) return 'IdentityNotUnique';
  if (isLocked({ spec, status })) return 'Locked';
  return spec.maintenance ? 'Maintenance' : 'Available';
}
