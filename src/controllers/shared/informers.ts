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
    machines: createInformer({
      client,
      log,
      resource: machineKind,
      indexes: {
        mac: (machine) => machine.spec.macAddresses,
        allocation: (machine) => {
          const held = machine.status?.allocation;
          return held === undefined ? [] : [`${held.namespace}/${held.name}`];
        },
      },
    }),
    inventories: createInformer({ client, log, resource: machineInventoryKind }),
    allocations: createInformer({
      client,
      log,
      resource: allocationKind,
      indexes: {
        machine: ({ status }) => (status?.machine === undefined ? [] : [status.machine]),
        image: ({ spec }) => [spec.image],
      },
    }),
    actions: createInformer({
      client,
      log,
      resource: machineActionKind,
      indexes: { machine: (action) => [action.spec.machine] },
    }),
    images: createInformer({ client, log, resource: bootImageKind }),
    fabrics: createInformer({ client, log, resource: fabricKind }),
    vlans: createInformer({
      client,
      log,
      resource: vlanKind,
      indexes: { fabric: (vlan) => [vlan.spec.fabric] },
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
        subnet: (address) => [address.spec.subnet],
        machine: ({ spec }) => (spec.machine === undefined ? [] : [spec.machine]),
      },
    }),
    racks: createInformer({ client, log, resource: rackKind }),
    leases: createInformer({ client, log, resource: leases, namespace }),
  };
}
