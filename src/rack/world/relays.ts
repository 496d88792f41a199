import type { Vlan } from '../../api/vlan/schema.ts';
import { parseIp } from '../../domain/net/address.ts';
import { cidrContains, parseCidr } from '../../domain/net/cidr.ts';
import { oldest } from '../../domain/seniority.ts';

/**
 * Whether a relay may serve a VLAN: any, unless the VLAN names its relays.
 *
 * @param senders the addresses that the relay is known by, dotted quads: its giaddr and where the packet came from
 */
export function mayRelay({ spec }: Vlan, senders: readonly string[]): boolean {
  const named = spec.dhcp.relayFrom;
  return named.length === 0 || senders.some((sender) => named.some((entry) => covers(entry, sender)));
}

/** The VLAN that names a relay whose address is in none of the Subnets; of several the one that was there first. */
export function vlanOfRelay(vlans: readonly Vlan[], giaddr: string): Vlan | undefined {
  return oldest(vlans.filter(({ spec }) => spec.dhcp.relayFrom.some((entry) => covers(entry, giaddr))));
}

/** What cannot be read covers nothing: the schema lets through 300.1.1.1, and a bad entry must not stop the others. */
function covers(entry: string, address: string): boolean {
  try {
    return cidrContains(parseCidr(entry.includes('/') ? entry : `${entry}/32`), parseIp(address));
  } catch {
    return false;
  }
}
