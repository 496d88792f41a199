import { type Allocation, allocationKind } from '../../api/allocation/schema.ts';
import { type BootImage, bootImageKind } from '../../api/boot-image/schema.ts';
import { type Fabric, fabricKind } from '../../api/fabric/schema.ts';
import { type IpAddressObject, ipAddressKind } from '../../api/ip-address/schema.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { type MachineAction, machineActionKind } from '../../api/machine-action/schema.ts';
import { type MachineInventory, machineInventoryKind } from '../../api/machine-inventory/schema.ts';
import { type Rack, rackKind } from '../../api/rack/schema.ts';
import { type Subnet, subnetKind } from '../../api/subnet/schema.ts';
import { type Vlan, vlanKind } from '../../api/vlan/schema.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Lease, leases } from '../../kube/core-resources.ts';
import { createInformer, type Informer } from '../../kube/informer.ts';
import type { Logger } from '../../log/logger.ts';
import { actionIndexes, addressIndexes, allocationIndexes, machineIndexes } from '../machine/informers.ts';

/** The key of VLANs that would be the same one on the wire. */
export function vlanTag({ fabric, vid }: Vlan['spec']): string {
  return `${fabric}/${vid}`;
}

/** The key of addresses that one client would be given on one subnet. */
export function clientKey(subnet: string, mac: string): string {
  return `${subnet}/${mac}`;
}

/** Every kind that the operator watches, once for all controllers. */
export interface Informers {
  machines: Informer<Machine>;
  inventories: Informer<MachineInventory>;
  allocations: Informer<Allocation>;
  actions: Informer<MachineAction>;
  images: Informer<BootImage>;
  fabrics: Informer<Fabric>;
  vlans: Informer<Vlan>;
  subnets: Informer<Subnet>;
  addresses: Informer<IpAddressObject>;
  racks: Informer<Rack>;
  leases: Informer<Lease>;
}

/** The informers, not started. @param namespace of the racks' Leases */
export function createInformers(client: KubeClient, namespace: string, log: Logger): Informers {
  return {
    machines: createInformer({ client, log, resource: machineKind, indexes: machineIndexes }),
    inventories: createInformer({ client, log, resource: machineInventoryKind }),
    allocations: createInformer({ client, log, resource: allocationKind, indexes: allocationIndexes }),
    actions: createInformer({ client, log, resource: machineActionKind, indexes: actionIndexes }),
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
        ...addressIndexes,
        subnet: ({ spec }) => [spec.subnet],
        client: ({ spec }) => (spec.mac === undefined ? [] : [clientKey(spec.subnet, spec.mac)]),
      },
    }),
    racks: createInformer({ client, log, resource: rackKind }),
    leases: createInformer({ client, log, resource: leases, namespace }),
  };
}
