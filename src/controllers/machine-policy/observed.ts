import type { ApprovalPolicy } from '../../api/approval-policy/schema.ts';
import type { ConditionUpdate } from '../../api/conditions.ts';
import type { Approval } from '../../api/machine/policy.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { MachineInventory } from '../../api/machine-inventory/schema.ts';
import type { Pool } from '../../api/pool/schema.ts';
import type { TagObject } from '../../api/tag/schema.ts';
import type { Zone } from '../../api/zone/schema.ts';

/** Another machine that has something of this one's identity. */
export interface Twin {
  machine: string;
  /** `MAC address 52:54:00:…`, `SMBIOS UUID …`. */
  shares: string;
  kind: 'Mac' | 'Uuid';
}

/** All that is looked at to say how a machine stands with policies. */
export interface Seen {
  machine: Machine;
  inventory: MachineInventory | undefined;
  twins: readonly Twin[];
  zone: Zone | undefined;
  pool: Pool | undefined;
  /** Every Tag object. */
  tags: readonly TagObject[];
  /** Tags that the machine has by expression. */
  evaluated: readonly string[];
  policies: readonly ApprovalPolicy[];
  /** The approval that was granted just now. */
  granted?: Approval | undefined;
}

/** What one of the policies says of a machine. */
export interface Opinion<Fields> {
  fields: Fields;
  /** No entry: the condition does not apply. */
  conditions: readonly ConditionUpdate[];
  /** When to look again though nothing has changed: milliseconds since the epoch. */
  until?: number | undefined;
}

/** A condition of a table's reason, with its sentence and what there is to add. */
export function conditionOf<Reason extends string>(
  type: string,
  status: ConditionUpdate['status'],
  reason: Reason,
  table: Readonly<Record<Reason, string>>,
  more = '',
): ConditionUpdate {
  const message = `${table[reason]}${more === '' ? '' : ` ${more}`}`;
  return { type, status, reason, message: message.slice(0, 2048) };
}
