import { type Allocation, allocationKind } from '../../api/allocation/schema.ts';
import { type AllocationQuota, allocationQuotaKind } from '../../api/allocation-quota/schema.ts';
import { type ApprovalPolicy, approvalPolicyKind } from '../../api/approval-policy/schema.ts';
import { type BootImage, bootImageKind } from '../../api/boot-image/schema.ts';
import { type Chassis, chassisKind } from '../../api/chassis/schema.ts';
import { type Fabric, fabricKind } from '../../api/fabric/schema.ts';
import { type IpAddressObject, ipAddressKind } from '../../api/ip-address/schema.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { type AnyAction, machineActionKind } from '../../api/machine-action/schema.ts';
import { type MachineInventory, machineInventoryKind } from '../../api/machine-inventory/schema.ts';
import { names } from '../../api/meta.ts';
import { type Pool, poolKind } from '../../api/pool/schema.ts';
import { type Rack, rackKind } from '../../api/rack/schema.ts';
import { type Subnet, subnetKind } from '../../api/subnet/schema.ts';
import { type TagObject, tagKind } from '../../api/tag/schema.ts';
import { type Vlan, vlanKind } from '../../api/vlan/schema.ts';
import { type Zone, zoneKind } from '../../api/zone/schema.ts';
import { systemUuid } from '../../domain/hardware/system-uuid.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Lease, leases } from '../../kube/core-resources.ts';
import { createInformer, type Informer } from '../../kube/informer.ts';
import type { Logger } from '../../log/logger.ts';

/** The key of VLANs that would be the same one on the wire. */
export function vlanTag({ fabric, vid }: Vlan['spec']): string {
  return `${fabric}/${vid}`;
}

/** The key of addresses that one client would be given on one subnet. */
export function clientKey(subnet: string, mac: string): string {
  return `${subnet}/${mac}`;
}

function optional(key: string | undefined): string[] {
  return key === undefined ? [] : [key];
}

/** `namespace/name` of the Allocation that holds the machine, by its status or, when that was lost, by its annotation. */
function allocationsOf({ metadata, status }: Machine): string[] {
  const held = status?.allocation;
  const [namespace, name] = metadata.annotations?.[names.allocation]?.split('/') ?? [];
  const annotated = namespace !== undefined && name !== undefined ? `${namespace}/${name}` : undefined;
  return [...new Set([...optional(held && `${held.namespace}/${held.name}`), ...optional(annotated)])];
}

/** Every kind that the operator watches, once for all controllers. */
export interface Informers {
  machines: Informer<Machine>;
  inventories: Informer<MachineInventory>;
  allocations: Informer<Allocation>;
  actions: Informer<AnyAction>;
  chassis: Informer<Chassis>;
  images: Informer<BootImage>;
  fabrics: Informer<Fabric>;
  vlans: Informer<Vlan>;
  subnets: Informer<Subnet>;
  addresses: Informer<IpAddressObject>;
  racks: Informer<Rack>;
  leases: Informer<Lease>;
  zones: Informer<Zone>;
  pools: Informer<Pool>;
  tags: Informer<TagObject>;
  quotas: Informer<AllocationQuota>;
  approvalPolicies: Informer<ApprovalPolicy>;
}

/** The informers, not started. @param namespace of the racks' Leases */
export function createInformers(client: KubeClient, namespace: string, log: Logger): Informers {
  return {
    machines: createInformer({
      client,
      log,
      resource: machineKind,
      indexes: {
        allocation: allocationsOf,
        mac: ({ spec }) => spec.macAddresses,
        uuid: ({ status }) => optional(systemUuid(status?.hardware?.systemUuid)),
        zone: ({ spec }) => [spec.zone],
        pool: ({ spec }) => [spec.pool],
      },
    }),
    inventories: createInformer({ client, log, resource: machineInventoryKind }),
    allocations: createInformer({
      client,
      log,
      resource: allocationKind,
      indexes: {
        machine: ({ status }) => optional(status?.machine),
        image: ({ spec }) => [spec.image],
      },
    }),
    actions: createInformer({
      client,
      log,
      resource: machineActionKind,
      indexes: {
        machine: ({ spec }) => optional(spec.machine),
        chassis: ({ spec }) => optional(spec.chassis),
      },
    }),
    chassis: createInformer({ client, log, resource: chassisKind }),
    images: createInformer({ client, log, resource: bootImageKind }),
    fabrics: createInformer({ client, log, resource: fabricKind }),
    vlans: createInformer({
      client,
      log,
      resource: vlanKind,
      indexes: {
        fabric: ({ spec }) => [spec.fabric],
        tag: ({ spec }) => [vlanTag(spec)],
      },
    }),
    subnets: createInformer({
      client,
      log,
      resource: subnetKind,
      indexes: { vlan: (subnet) => [subnet.spec.vlan] },
    }),
    addresses: createInformer({
      client,
      log,
      resource: ipAddressKind,
      indexes: {
        subnet: ({ spec }) => [spec.subnet],
        machine: ({ spec }) => optional(spec.machine),
        client: ({ spec }) => optional(spec.mac).map((mac) => clientKey(spec.subnet, mac)),
        mac: ({ spec }) => optional(spec.mac),
      },
    }),
    racks: createInformer({ client, log, resource: rackKind }),
    leases: createInformer({ client, log, resource: leases, namespace }),
    zones: createInformer({ client, log, resource: zoneKind }),
    pools: createInformer({ client, log, resource: poolKind }),
    tags: createInformer({ client, log, resource: tagKind }),
    quotas: createInformer({
      client,
      log,
      resource: allocationQuotaKind,
      indexes: { namespace: ({ metadata }) => optional(metadata.namespace) },
    }),
    approvalPolicies: createInformer({ client, log, resource: approvalPolicyKind }),
  };
}
