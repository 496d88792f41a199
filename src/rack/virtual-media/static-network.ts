import type { Machine } from '../../api/machine/schema.ts';
import type { StaticNetwork } from '../../domain/boot/kernel-command-line.ts';
import { parseIp } from '../../domain/net/address.ts';
import { cidrContains, parseCidr } from '../../domain/net/cidr.ts';
import { staticInterfaceOf } from '../../domain/net/static-network.ts';
import type { World } from '../world/world.ts';

/** The interface that a machine on virtual media talks through, and its addresses if it has been given any. */
export interface MediaNetwork {
  mac: string;
  network: StaticNetwork | undefined;
  /** Of its subnet, to find the rack's own address there. */
  cidr: string | undefined;
}

/** From the IPAddress of the interface, its Subnet and VLAN; without one the machine asks DHCP. */
export function mediaNetworkOf(
  machine: Machine,
  world: Pick<World, 'addresses' | 'subnets' | 'vlans'>,
): MediaNetwork {
  const found = staticInterfaceOf(machine, {
    addressesOf: (mac) => world.addresses.byIndex('mac', mac),
    subnet: (name) => world.subnets.get(name),
    vlan: (name) => world.vlans.get(name),
  });
  const { macAddresses, boot } = machine.spec;
  if (found === undefined)
    return { mac: boot?.macAddress ?? macAddresses[0] ?? '', network: undefined, cidr: undefined };
  const { mac, cidr, ...network } = found;
  return { mac, network, cidr };
}

/** The address among `own` that lies in a network; undefined for none. */
export function addressIn(cidr: string | undefined, own: readonly string[]): string | undefined {
  if (cidr === undefined) return undefined;
  const network = parseCidr(cidr);
  return own.find((address) => cidrContains(network, parseIp(address)));
}
