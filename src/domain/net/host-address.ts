import { parseIp } from './address.ts';
import { cidrContains, parseCidr, usableHosts } from './cidr.ts';
import { rangeContains } from './range.ts';

/** Why an address is none that a machine can simply be given. */
export type HostAddressProblem =
  | 'OutsideSubnet'
  /** The network's or the broadcast address. */
  | 'NotAHost'
  | 'IsGateway'
  /** Usable, but clients without an address of their own are given it too. */
  | 'InDynamicRange';

/** The part of a subnet that decides. Addresses are texts; ranges include both ends. */
export interface HostAddressRules {
  cidr: string;
  gateway?: string | undefined;
  dynamic: readonly { start: string; end: string }[];
}

/** What is wrong with giving the address to a machine, if anything. Throws DecodeError for texts that are no addresses. */
export function hostAddressProblem(
  address: string,
  subnet: HostAddressRules,
): HostAddressProblem | undefined {
  const ip = parseIp(address);
  const cidr = parseCidr(subnet.cidr);
  if (!cidrContains(cidr, ip)) return 'OutsideSubnet';
  if (!rangeContains(usableHosts(cidr), ip)) return 'NotAHost';
  if (subnet.gateway !== undefined) {
    const gateway = parseIp(subnet.gateway);
    if (gateway.family === ip.family && gateway.value === ip.value) return 'IsGateway';
  }
  const isDynamic = subnet.dynamic.some(({ start, end }) => {
    const [first, last] = [parseIp(start), parseIp(end)];
    return first.family === ip.family && first.value <= ip.value && ip.value <= last.value;
  });
  return isDynamic ? 'InDynamicRange' : undefined;
}
