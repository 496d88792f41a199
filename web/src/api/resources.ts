import type { Allocation } from '../../../src/api/allocation/schema.ts';
import type { AllocationQuota } from '../../../src/api/allocation-quota/schema.ts';
import type { ApprovalPolicy } from '../../../src/api/approval-policy/schema.ts';
import type { BootImage } from '../../../src/api/boot-image/schema.ts';
import type { Chassis } from '../../../src/api/chassis/schema.ts';
import type { Fabric } from '../../../src/api/fabric/schema.ts';
import type { IpAddressObject } from '../../../src/api/ip-address/schema.ts';
import type { Machine } from '../../../src/api/machine/schema.ts';
import type { AnyAction } from '../../../src/api/machine-action/schema.ts';
import type { MachineInventory } from '../../../src/api/machine-inventory/schema.ts';
import type { ObjectMeta } from '../../../src/api/meta.ts';
import type { Pool } from '../../../src/api/pool/schema.ts';
import type { Rack } from '../../../src/api/rack/schema.ts';
import type { Space } from '../../../src/api/space/schema.ts';
import type { Subnet } from '../../../src/api/subnet/schema.ts';
import type { TagObject } from '../../../src/api/tag/schema.ts';
import type { Vlan } from '../../../src/api/vlan/schema.ts';
import type { Zone } from '../../../src/api/zone/schema.ts';

/** The nouns of the API, and what each is a list of. */
export interface ResourceTypes {
  allocations: Allocation;
  'allocation-quotas': AllocationQuota;
  'approval-policies': ApprovalPolicy;
  images: BootImage;
  chassis: Chassis;
  fabrics: Fabric;
  'ip-addresses': IpAddressObject;
  machines: Machine;
  'machine-actions': AnyAction;
  'machine-inventories': MachineInventory;
  pools: Pool;
  racks: Rack;
  spaces: Space;
  subnets: Subnet;
  tags: TagObject;
  vlans: Vlan;
  zones: Zone;
}

export type Noun = keyof ResourceTypes;

/** What every object has. */
export interface ApiObject {
  metadata: ObjectMeta;
}

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** On all pages. */
  total: number;
  /** The cursor of the next page. */
  next?: string;
}

/** What a list is asked with; docs/reference/api.md. */
export interface ListParameters {
  q?: string | undefined;
  fieldSelector?: string | undefined;
  labelSelector?: string | undefined;
  sort?: string | undefined;
  fields?: string | undefined;
  limit?: number | undefined;
}

/** `/machines/rack1-u1`, `/namespaces/default/allocations/web`. */
export function objectPath(noun: Noun, name: string, namespace?: string): string {
  const path = `/${noun}/${encodeURIComponent(name)}`;
  return namespace === undefined ? path : `/namespaces/${encodeURIComponent(namespace)}${path}`;
}
