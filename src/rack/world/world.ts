import { type BootImage, bootImageKind } from '../../api/boot-image/schema.ts';
import { type IpAddressObject, ipAddressKind } from '../../api/ip-address/schema.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { type Rack, rackKind } from '../../api/rack/schema.ts';
import { type Subnet, subnetKind } from '../../api/subnet/schema.ts';
import { type Vlan, vlanKind } from '../../api/vlan/schema.ts';
import { oldest } from '../../domain/seniority.ts';
import type { KubeClient } from '../../kube/client.ts';
import { createInformer, type Informer } from '../../kube/informer.ts';
import type { Logger } from '../../log/logger.ts';

/** Everything that a rack knows of the cluster: kept current by watches, read without waiting. */
export interface World {
  machines: Informer<Machine>;
  addresses: Informer<IpAddressObject>;
  subnets: Informer<Subnet>;
  vlans: Informer<Vlan>;
  images: Informer<BootImage>;
  racks: Informer<Rack>;
  start(): void;
  synced(): Promise<void>;
  stop(): Promise<void>;
}

export function createWorld(client: KubeClient, log: Logger): World {
  const machines = createInformer({
    client,
    log,
    resource: machineKind,
    indexes: { mac: (machine) => machine.spec.macAddresses },
  });
  const addresses = createInformer({
    client,
    log,
    resource: ipAddressKind,
    indexes: { mac: (address) => (address.spec.mac === undefined ? [] : [address.spec.mac]) },
  });
  const subnets = createInformer({ client, log, resource: subnetKind });
  const vlans = createInformer({ client, log, resource: vlanKind });
  const images = createInformer({ client, log, resource: bootImageKind });
  const racks = createInformer({ client, log, resource: rackKind });
  const all = [machines, addresses, subnets, vlans, images, racks];
  return {
    machines,
    addresses,
    subnets,
    vlans,
    images,
    racks,
    start() {
      for (const informer of all) informer.start();
    },
    async synced() {
      await Promise.all(all.map((informer) => informer.synced()));
    },
    async stop() {
      await Promise.all(all.map((informer) => informer.stop()));
    },
  };
}

/** The machine that has this MAC address. Were there two, the one that was there first: every rack takes the same. */
export function machineByMac(world: Pick<World, 'machines'>, mac: string): Machine | undefined {
  return oldest(world.machines.byIndex('mac', mac));
}
