import type { IpAddressObject } from '../../api/ip-address/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { Subnet } from '../../api/subnet/schema.ts';
import { isOlder } from '../../domain/seniority.ts';

/** What is to be done about the addresses of one machine. */
export type AssignmentDecision =
  | { kind: 'nothing' }
  | { kind: 'assign'; mac: string; subnet: string }
  | { kind: 'remove'; addresses: IpAddressObject[] };

/**
 * A machine gets an address of its own on the subnet that it was seen to boot from, and keeps it for its life: every rack
 * then gives the same answer. With the machine goes what was chosen for it; what a person gave stays. Of two that were chosen at
 * the same time, by a leader and by one that did not know yet that it leads no more, the younger goes.
 *
 * @param owned addresses that name the machine
 */
export function decideAssignment(
  machine: Machine | undefined,
  owned: readonly IpAddressObject[],
  subnetOf: (name: string) => Subnet | undefined,
): AssignmentDecision {
  const chosen = owned.filter(({ spec }) => spec.purpose === 'Auto');
  const surplus = machine === undefined ? chosen : chosen.filter((address) => hasElder(address, owned));
  if (surplus.length > 0) return { kind: 'remove', addresses: surplus };
  const { mac, subnet } = machine?.status?.bootProgress ?? {};
  if (machine === undefined || mac === undefined || subnet === undefined) return { kind: 'nothing' };
  const isLeaving = machine.metadata.deletionTimestamp !== undefined;
  if (isLeaving || !machine.spec.macAddresses.includes(mac)) return { kind: 'nothing' };
  if (subnetOf(subnet)?.spec.managed !== true) return { kind: 'nothing' };
  const has = owned.some(({ spec }) => spec.subnet === subnet && spec.mac === mac);
  return has ? { kind: 'nothing' } : { kind: 'assign', mac, subnet };
}

/** Whether the same client has an address on the same subnet that was there before. */
function hasElder(address: IpAddressObject, owned: readonly IpAddressObject[]): boolean {
  const { subnet, mac } = address.spec;
  return owned.some(
    ({ metadata, spec }) => spec.subnet === subnet && spec.mac === mac && isOlder(metadata, address.metadata),
  );
}
