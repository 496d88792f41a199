import type { Bmc } from '../../api/bmc/schema.ts';
import type { ListedNode } from '../../api/chassis/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { systemUuid } from '../../domain/hardware/system-uuid.ts';

/**
 * The Machines that a node is: those with one of its MAC addresses; else those whose BMC is the same; else those with its UUID.
 *
 * @param bmc as the node's Machine would have it
 */
export function matchMachine(node: ListedNode, bmc: Bmc, machines: readonly Machine[]): Machine[] {
  const byMac = machines.filter(({ spec }) =>
    spec.macAddresses.some((mac) => node.macAddresses.includes(mac)),
  );
  if (byMac.length > 0) return byMac;
  const byBmc = machines.filter((machine) => hasBmc(machine, bmc, node));
  if (byBmc.length > 0) return byBmc;
  const uuid = systemUuid(node.systemUuid);
  if (uuid === undefined) return [];
  return machines.filter(({ status }) => systemUuid(status?.hardware?.systemUuid) === uuid);
}

function hasBmc({ spec }: Machine, bmc: Bmc, { parameters }: ListedNode): boolean {
  const own = spec.bmc;
  if (own === undefined || own.driver !== bmc.driver || placeOf(own) !== placeOf(bmc)) return false;
  return Object.entries(parameters).every(([key, value]) => own.parameters?.[key] === value);
}

function placeOf({ address = '' }: Bmc): string {
  return address.toLowerCase().replace(/\/+$/, '');
}
