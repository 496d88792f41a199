import type { IpAddressObject } from '../../api/ip-address/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { isMachineAction, type MachineAction } from '../../api/machine-action/schema.ts';
import { summarise } from '../../domain/hardware/summary.ts';
import type { MachineInformers } from './informers.ts';
import { annotatedReference, type Observed } from './observed.ts';
import { rackUrlFor } from './rack-url.ts';

/** Gathers what is known of a machine, from caches alone. undefined: there is no such machine. */
export function observe(name: string, informers: MachineInformers): Observed | undefined {
  const machine = informers.machines.get(name);
  if (machine === undefined) return undefined;
  const reference = machine.status?.allocation ?? annotatedReference(machine);
  const allocation =
    reference === undefined ? undefined : informers.allocations.get(reference.name, reference.namespace);
  const inventory = informers.inventories.get(name);
  return {
    machine,
    hardware: inventory === undefined ? undefined : summarise(inventory.hardware),
    allocation,
    image: allocation === undefined ? undefined : informers.images.get(allocation.spec.image),
    addresses: addressesFor(machine, informers.addresses),
    actions: informers.actions.byIndex('machine', name).filter(isMachineAction).sort(byAge),
    rackUrl: rackUrlFor(machine, informers.racks.list()),
  };
}

/** Those that name the machine, and those that name nobody but one of its network cards. */
function addressesFor(
  { metadata, spec }: Machine,
  addresses: MachineInformers['addresses'],
): readonly IpAddressObject[] {
  const ofCards = spec.macAddresses
    .flatMap((mac) => addresses.byIndex('mac', mac))
    .filter((address) => address.spec.machine === undefined);
  return [...addresses.byIndex('machine', metadata.name), ...ofCards];
}

/** Oldest first; of one second, by name. */
function byAge(a: MachineAction, b: MachineAction): number {
  const [left, right] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp ?? ''} ${metadata.name}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
}
