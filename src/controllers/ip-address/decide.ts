import { type ConditionUpdate, readiness } from '../../api/conditions.ts';
import { type IpAddressObject, ipAddressName } from '../../api/ip-address/schema.ts';
import { excludedRanges } from '../../api/subnet/ranges.ts';
import type { Subnet } from '../../api/subnet/schema.ts';
import { formatIp, parseIp } from '../../domain/net/address.ts';
import { parseCidr, usableHosts } from '../../domain/net/cidr.ts';
import { freeAddresses } from '../../domain/net/free-addresses.ts';
import { type HostAddressProblem, hostAddressProblem } from '../../domain/net/host-address.ts';
import { singleAddress } from '../../domain/net/range.ts';

/** What an address's readiness depends on. */
export interface IpAddressObservation {
  subnet: Subnet | undefined;
  /** Other, older addresses with the same MAC on the same subnet, by name. */
  sameMac: readonly string[];
  /** The rack that has the address itself. */
  rack: string | undefined;
}

/** Addresses that stand for no machine may lie anywhere in the subnet: they keep others away. */
function problemFor({ spec }: IpAddressObject, subnet: Subnet): HostAddressProblem | undefined {
  const { cidr, gateway, ranges } = subnet.spec;
  const problem = hostAddressProblem(spec.address, { cidr, gateway, dynamic: ranges.dynamic });
  return spec.mac === undefined && problem !== 'OutsideSubnet' ? undefined : problem;
}

/** What holds of a reserved address: the first thing that is wrong, or whose it is. */
export function decideIpAddress(address: IpAddressObject, seen: IpAddressObservation): ConditionUpdate[] {
  const { spec } = address;
  const { subnet } = seen;
  const stalled = (reason: string, message: string) => readiness('Stalled', reason, message);
  if (subnet === undefined)
    return stalled('SubnetNotFound', `spec.subnet: there is no Subnet ${spec.subnet}: create it`);
  switch (problemFor(address, subnet)) {
    case 'OutsideSubnet':
      return stalled('OutsideSubnet', `spec.address: lies outside ${subnet.spec.cidr}`);
    case 'NotAHost':
      return stalled('NotAHost', `spec.address: is no host's address in ${subnet.spec.cidr}: choose another`);
    case 'IsGateway':
      return stalled('IsGateway', "spec.address: is the subnet's gateway: choose another");
    // The racks leave it out of the range.
    case 'InDynamicRange':
    case undefined:
      break;
  }
  if (spec.mac !== undefined && seen.rack !== undefined)
    return stalled('UsedByRack', `spec.address: rack ${seen.rack} has it itself: choose another`);
  const [twin] = seen.sameMac;
  if (twin !== undefined)
    return stalled('DuplicateMac', `spec.mac: has IPAddress ${twin} on this subnet already`);
  const message = spec.machine === undefined ? 'reserved' : `given to machine ${spec.machine}`;
  return readiness('Ready', 'Reserved', message);
}

/**
 * The addresses that a machine may be given, lowest first.
 *
 * @param taken addresses that have an object, or are a rack's own
 */
export function* candidates(subnet: Subnet, taken: Iterable<string>): Generator<string, void, undefined> {
  const used = [...taken].map((address) => singleAddress(parseIp(address)));
  const usable = usableHosts(parseCidr(subnet.spec.cidr));
  for (const address of freeAddresses(usable, [...excludedRanges(subnet), ...used])) yield formatIp(address);
}

/** The name of an address's object: for IPv6 all eight groups of four digits. @param address canonical */
export function objectNameOf(address: string): string {
  const { family, value } = parseIp(address);
  if (family === 4) return ipAddressName(address);
  const digits = value.toString(16).padStart(32, '0');
  return ipAddressName((digits.match(/.{4}/g) ?? []).join(':'));
}
