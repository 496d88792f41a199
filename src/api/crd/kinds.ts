import { allocationKind } from '../allocation/schema.ts';
import { allocationQuotaKind } from '../allocation-quota/schema.ts';
import { approvalPolicyKind } from '../approval-policy/schema.ts';
import { bootImageKind } from '../boot-image/schema.ts';
import { chassisKind } from '../chassis/schema.ts';
import { fabricKind } from '../fabric/schema.ts';
import { ipAddressKind } from '../ip-address/schema.ts';
import { machineKind } from '../machine/schema.ts';
import { machineActionKind } from '../machine-action/schema.ts';
import { machineInventoryKind } from '../machine-inventory/schema.ts';
import { poolKind } from '../pool/schema.ts';
import { rackKind } from '../rack/schema.ts';
import { spaceKind } from '../space/schema.ts';
import { subnetKind } from '../subnet/schema.ts';
import { tagKind } from '../tag/schema.ts';
import { vlanKind } from '../vlan/schema.ts';
import { zoneKind } from '../zone/schema.ts';
import type { AnyKind } from './definition.ts';

/** Every kind that Metalwright adds to a cluster. */
export const kinds: readonly AnyKind[] = [
  allocationKind,
  allocationQuotaKind,
  approvalPolicyKind,
  bootImageKind,
  chassisKind,
  fabricKind,
  ipAddressKind,
  machineKind,
  machineActionKind,
  machineInventoryKind,
  poolKind,
  rackKind,
  spaceKind,
  subnetKind,
  tagKind,
  vlanKind,
  zoneKind,
];
