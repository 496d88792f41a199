import type { AddressRange, Subnet } from '../../api/subnet/schema.ts';
import { parseIp } from '../../domain/net/address.ts';
import { type IpRange, rangeBetween, singleAddress } from '../../domain/net/range.ts';

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
