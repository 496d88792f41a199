import { type IpAddressObject, ipAddressKind, ipAddressName } from '../../api/ip-address/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { Subnet } from '../../api/subnet/schema.ts';
import type { Controller } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { candidates } from './decide.ts';

const manager = 'metalwright-address-assignment';

/** What is to be done about the addresses of one machine. */
export type AssignmentDecision =
  | { kind: 'nothing' }
  | { kind: 'assign'; mac: string; subnet: string }
  | { kind: 'remove'; names: string[] };

/**
 * A machine gets an address of its own on the subnet that it was seen to boot from, and keeps it for its life: every rack
 * then gives the same answer. With the machine goes what was chosen for it; what a person gave stays.
 */
export function decideAssignment(
  machine: Machine | undefined,
  owned: readonly IpAddressObject[],
  subnetOf: (name: string) => Subnet | undefined,
): AssignmentDecision {
  if (machine === undefined) {
    const names = owned.filter(({ spec }) => spec.purpose === 'Auto').map(({ metadata }) => metadata.name);
    return names.length === 0 ? { kind: 'nothing' } : { kind: 'remove', names };
  }
  const { mac, subnet } = machine.status?.bootProgress ?? {};
  if (machine.metadata.deletionTimestamp !== undefined || mac === undefined || subnet === undefined) {
    return { kind: 'nothing' };
  }
  if (subnetOf(subnet)?.spec.managed !== true || !machine.spec.macAddresses.includes(mac)) {
    return { kind: 'nothing' };
  }
  const [first, ...others] = owned
    .filter(({ spec }) => spec.subnet === subnet && spec.mac === mac)
    .sort((a, b) => (age(a) < age(b) ? -1 : 1));
  if (first === undefined) return { kind: 'assign', mac, subnet };
  const extra = others.filter(({ spec }) => spec.purpose === 'Auto').map(({ metadata }) => metadata.name);
  return extra.length === 0 ? { kind: 'nothing' } : { kind: 'remove', names: extra };
}

function age({ metadata }: IpAddressObject): string {
  return `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
}

/** Reserves addresses for machines: the API server refuses a second object of the same name, whoever else is trying. */
export function createAddressAssignment(deps: ControllerDeps): Controller {
  const { machines, addresses, subnets, racks } = deps.informers;

  async function assign(machine: Machine, mac: string, subnet: Subnet): Promise<void> {
    const existing = addresses.byIndex('subnet', subnet.metadata.name);
    if (existing.some(({ spec }) => spec.mac === mac)) return;
    const own = racks
      .list()
      .flatMap((rack) => rack.status?.interfaces ?? [])
      .flatMap((nic) => nic.addresses.map((address) => address.split('/')[0] ?? ''))
      .filter((address) => address !== '' && !address.includes('%'));
    const { name, uid } = machine.metadata;
    for (const address of candidates(subnet, [...existing.map(({ spec }) => spec.address), ...own])) {
      try {
        deps.fence.assertHeld();
        await deps.client.create(
          ipAddressKind,
          {
            metadata: {
              name: ipAddressName(address),
              ...(uid === undefined ? {} : { ownerReferences: [{ apiVersion, kind: 'Machine', name, uid }] }),
            },
            spec: { address, subnet: subnet.metadata.name, purpose: 'Auto', machine: name, mac },
          },
          { fieldManager: manager },
        );
        deps.events.event(
          { apiVersion, kind: 'Machine', name, uid },
          'Normal',
          'AddressAssigned',
          `${address} on subnet ${subnet.metadata.name}`,
        );
        return;
      } catch (error) {
        if (!isKubeError(error, 'AlreadyExists')) throw error;
      }
    }
    deps.events.event(
      { apiVersion, kind: 'Machine', name, uid },
      'Warning',
      'SubnetExhausted',
      `subnet ${subnet.metadata.name} has no free address outside its dynamic and reserved ranges`,
    );
  }

  return fencedController(
    deps,
    'address-assignment',
    async (name) => {
      const machine = machines.get(name);
      const decision = decideAssignment(machine, addresses.byIndex('machine', name), (subnet) =>
        subnets.get(subnet),
      );
      if (decision.kind === 'remove') {
        for (const address of decision.names) await deps.client.delete(ipAddressKind, address);
      }
      if (decision.kind === 'assign' && machine !== undefined) {
        // The cache may not hold yet what was created a moment ago: ask before reserving another one.
        const { items } = await deps.client.list(ipAddressKind, { fieldSelector: `spec.machine=${name}` });
        const again = decideAssignment(machine, items, (subnet) => subnets.get(subnet));
        const subnet = subnets.get(decision.subnet);
        if (again.kind === 'assign' && subnet !== undefined) await assign(machine, decision.mac, subnet);
      }
      return undefined;
    },
    (controller) => [
      watchInto(controller, machines),
      watchInto(controller, addresses, ({ spec }) => (spec.machine === undefined ? [] : [spec.machine])),
    ],
    // One at a time: two that look for a free address at once would try the same one.
    1,
  );
}
