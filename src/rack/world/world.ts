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
import { emptyWorld, type WorldObjects } from './world-objects.ts';

/** Everything that a rack knows of the cluster: kept current by watches, read without waiting. */
export interface World {
  machines: Informer<Machine>;
  addresses: Informer<IpAddressObject>;
  subnets: Informer<Subnet>;
  vlans: Informer<Vlan>;
  images: Informer<BootImage>;
  racks: Informer<Rack>;
  start(): void;
  /** Resolves when all of it is as the API server says. */
  synced(): Promise<void>;
  hasSynced(): boolean;
  /** Everything that is held now, objects as they are in the caches. */
  objects(): WorldObjects;
  /** Calls `listener` after every change. */
  onChange(listener: () => void): void;
  stop(): Promise<void>;
}

/** @param initial what is taken for the world until the API server has answered */
export function createWorld(
  client: Pick<KubeClient, 'list' | 'watch'>,
  log: Logger,
  initial: WorldObjects = emptyWorld(),
): World {
  const machines = createInformer({
    client,
    log,
    resource: machineKind,
    initial: initial.machines,
    indexes: { mac: (machine) => machine.spec.macAddresses },
  });
  const addresses = createInformer({
    client,
    log,
    resource: ipAddressKind,
    initial: initial.addresses,
    indexes: {
      mac: (address) => (address.spec.mac === undefined ? [] : [address.spec.mac]),
      subnet: (address) => [address.spec.subnet],
    },
  });
  const subnets = createInformer({ client, log, resource: subnetKind, initial: initial.subnets });
  const vlans = createInformer({ client, log, resource: vlanKind, initial: initial.vlans });
  const images = createInformer({ client, log, resource: bootImageKind, initial: initial.images });
  const racks = createInformer({ client, log, resource: rackKind, initial: initial.racks });
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
    hasSynced: () => all.every((informer) => informer.hasSynced()),
    objects: () => ({
      machines: machines.list(),
      addresses: addresses.list(),
      subnets: subnets.list(),
      vlans: vlans.list(),
      images: images.list(),
      racks: racks.list(),
    }),
    onChange(listener) {
      for (const informer of all) informer.onChange(listener);
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
