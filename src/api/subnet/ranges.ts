import { parseIp } from '../../domain/net/address.ts';
import { cidrRange, parseCidr } from '../../domain/net/cidr.ts';
import { type IpRange, rangeBetween, rangesOverlap, singleAddress } from '../../domain/net/range.ts';
import type { AddressRange, Subnet } from './schema.ts';

/** A range as the domain knows it; undefined when its ends do not belong together. */
export function rangeOf(range: AddressRange): IpRange | undefined {
  const [first, last] = [parseIp(range.start), parseIp(range.end)];
  return first.family === last.family && first.value <= last.value ? rangeBetween(first, last) : undefined;
}

/** The ranges that machines get no address from: dynamic and reserved ones, gateway included. */
export function excludedRanges(subnet: Subnet): IpRange[] {
  const { dynamic, reserved } = subnet.spec.ranges;
  const gateway = subnet.spec.gateway === undefined ? [] : [singleAddress(parseIp(subnet.spec.gateway))];
  return [...[...dynamic, ...reserved].map(rangeOf).filter((range) => range !== undefined), ...gateway];
}

const networks = new WeakMap<Subnet, IpRange>();

/** All addresses of a subnet, first and last included. Worked out once for each object. */
export function networkOf(subnet: Subnet): IpRange {
  const known = networks.get(subnet);
  if (known !== undefined) return known;
  const range = cidrRange(parseCidr(subnet.spec.cidr));
  networks.set(subnet, range);
  return range;
}

/** Whether two subnets share addresses, wherever they are. */
export function subnetsOverlap(a: Subnet, b: Subnet): boolean {
  return rangesOverlap(networkOf(a), networkOf(b));
}
