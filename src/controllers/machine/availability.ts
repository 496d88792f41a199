import type { ConditionUpdate } from '../../api/conditions.ts';
import type { Machine, MachineStatus } from '../../api/machine/schema.ts';
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
  if (!spec.approved) return 'NotApproved';
  if (spec.locked) return 'Locked';
  return spec.maintenance ? 'Maintenance' : 'Available';
}
