import { allocationKind } from '../allocation/schema.ts';
import { bootImageKind } from '../boot-image/schema.ts';
import { fabricKind } from '../fabric/schema.ts';
import { ipAddressKind } from '../ip-address/schema.ts';
import { machineKind } from '../machine/schema.ts';
import { machineActionKind } from '../machine-action/schema.ts';
import { machineInventoryKind } from '../machine-inventory/schema.ts';
import { rackKind } from '../rack/schema.ts';
import { spaceKind } from '../space/schema.ts';
import { subnetKind } from '../subnet/schema.ts';
import { vlanKind } from '../vlan/schema.ts';
import type { AnyKind } from './definition.ts';

/** Every kind that Metalwright adds to a cluster. */
export const kinds: readonly AnyKind[] = [
  allocationKind,
  bootImageKind,
  fabricKind,
  ipAddressKind,
  machineKind,
  machineActionKind,
  machineInventoryKind,
  rackKind,
  spaceKind,
  subnetKind,
  vlanKind,
];
