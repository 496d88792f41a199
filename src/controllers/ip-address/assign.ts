import { type IpAddressObject, ipAddressKind } from '../../api/ip-address/schema.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import { subnetsOverlap } from '../../api/subnet/ranges.ts';
import type { Subnet } from '../../api/subnet/schema.ts';
import { isIp } from '../../domain/net/address.ts';
import type { Controller } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import { clientKey } from '../shared/informers.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { candidates, objectNameOf } from './decide.ts';
import { decideAssignment } from './decide-assignment.ts';

const manager = 'metalwright-address-assignment';

/** Reserves addresses for machines: the API server refuses a second object of the same name, whoever else is trying. */
export function createAddressAssignment(deps: ControllerDeps): Controller {
  const { client, events, fence } = deps;
  const { machines, addresses, subnets, racks } = deps.informers;
  /** Machines that found no free address, with the subnet that they wait for. */
  const waiting = new Map<string, string>();

  /** What nobody may be given: reserved here, or in a subnet of the same addresses elsewhere, or a rack's own. */
  function taken(subnet: Subnet): string[] {
    const reserved = subnets
      .list()
      .filter((other) => subnetsOverlap(other, subnet))
      .flatMap(({ metadata }) => addresses.byIndex('subnet', metadata.name))
      .map(({ spec }) => spec.address);
    const own = racks
      .list()
      .flatMap(({ status }) => status?.interfaces ?? [])
      .flatMap((nic) => nic.addresses.map((address) => address.split('/')[0] ?? ''))
      .filter(isIp);
    return [...reserved, ...own];
  }

  /** Asks the API server itself: an address that was made a moment ago may not have come to the cache. */
  async function hasOne(machine: string, mac: string, subnet: string): Promise<boolean> {
    if (addresses.byIndex('client', clientKey(subnet, mac)).length > 0) return true;
    const { items } = await client.list(ipAddressKind, { fieldSelector: `spec.machine=${machine}` });
    return items.some(({ spec }) => spec.machine === machine && spec.subnet === subnet && spec.mac === mac);
  }

  /** Answers whether the address is the machine's now, also when another operator was faster with it. */
  async function reserve(
    address: string,
    { metadata: { name, uid } }: Machine,
    mac: string,
    subnet: string,
  ): Promise<boolean> {
    const objectName = objectNameOf(address);
    const owner = { apiVersion, kind: 'Machine', name, uid: uid ?? '' };
    try {
      fence.assertHeld();
      await client.create(
        ipAddressKind,
        {
          metadata: { name: objectName, ...(uid === undefined ? {} : { ownerReferences: [owner] }) },
          spec: { address, subnet, purpose: 'Auto', machine: name, mac },
        },
        { fieldManager: manager },
      );
    } catch (error) {
      if (!isKubeError(error, 'AlreadyExists')) throw error;
      const spec = (await client.get(ipAddressKind, objectName))?.spec;
      return spec?.machine === name && spec.mac === mac && spec.subnet === subnet;
    }
    events.event(owner, 'Normal', 'AddressAssigned', `${address} on subnet ${subnet}`);
    return true;
  }

  async function assign(machine: Machine, mac: string, subnet: Subnet): Promise<void> {
    const [name, on] = [machine.metadata.name, subnet.metadata.name];
    if (await hasOne(name, mac, on)) {
      waiting.delete(name);
      return;
    }
    for (const address of candidates(subnet, taken(subnet))) {
      if (!(await reserve(address, machine, mac, on))) continue;
      waiting.delete(name);
      return;
    }
    if (waiting.get(name) === on) return;
    waiting.set(name, on);
    const about = { apiVersion, kind: 'Machine', name, uid: machine.metadata.uid };
    const message = `subnet ${on} has no free address outside its dynamic and reserved ranges`;
    events.event(about, 'Warning', 'SubnetExhausted', message);
  }

  /** Only what is certainly nobody's: a cache that lags behind must not take a machine's address away. */
  async function remove(name: string, surplus: readonly IpAddressObject[], isGone: boolean): Promise<void> {
    if (isGone && (await client.get(machineKind, name)) !== undefined) return;
    for (const { metadata } of surplus) {
      fence.assertHeld();
      const preconditions = { uid: metadata.uid };
      await client.delete(ipAddressKind, metadata.name, { preconditions });
    }
  }

  return fencedController(
    deps,
    'address-assignment',
    async (name) => {
      const machine = machines.get(name);
      const owned = addresses.byIndex('machine', name);
      const decision = decideAssignment(machine, owned, (subnet) => subnets.get(subnet));
      if (decision.kind === 'remove') await remove(name, decision.addresses, machine === undefined);
      if (decision.kind !== 'assign' || machine === undefined) {
        waiting.delete(name);
        return undefined;
      }
      const subnet = subnets.get(decision.subnet);
      if (subnet !== undefined) await assign(machine, decision.mac, subnet);
      return undefined;
    },
    (controller) => [
      watchInto(controller, machines),
      watchInto(controller, addresses, ({ spec }) => (spec.machine === undefined ? [] : [spec.machine])),
      // Room may have been made for those that wait.
      addresses.onChange(({ type }) => {
        if (type === 'Deleted') for (const name of waiting.keys()) controller.enqueue(name);
      }),
      subnets.onChange(({ object, previous }) => {
        if (object.metadata.generation === previous?.metadata.generation) return;
        for (const name of waiting.keys()) controller.enqueue(name);
        for (const { metadata, status } of machines.list())
          if (status?.bootProgress?.subnet === object.metadata.name) controller.enqueue(metadata.name);
      }),
    ],
    // One at a time: two that look for a free address at once would try the same one.
    1,
  );
}
