import type { World } from './world.ts';

/** Whether a DHCP server is a rack of this cluster, by an address or a MAC address that a Rack's status names. */
export function isRack(
  world: Pick<World, 'racks'>,
  { address, mac }: { address: string; mac: string | undefined },
): boolean {
  return world.racks
    .list()
    .some(({ status }) =>
      status?.interfaces?.some(
        (nic) => nic.mac === mac || nic.addresses.some((cidr) => cidr.split('/')[0] === address),
      ),
    );
}
