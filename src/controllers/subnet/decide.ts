import { type ConditionUpdate, readiness } from '../../api/conditions.ts';
import { excludedRanges, rangeOf } from '../../api/subnet/ranges.ts';
import type { AddressRange, Subnet, SubnetStatus } from '../../api/subnet/schema.ts';
import { encodeOptions } from '../../domain/dhcp/option-setting.ts';
import { parseIp } from '../../domain/net/address.ts';
import { cidrRange, parseCidr, usableHosts } from '../../domain/net/cidr.ts';
import { countFree, mergeRanges } from '../../domain/net/free-addresses.ts';
import {
  type IpRange,
  rangeContainsRange,
  rangeSize,
  rangesOverlap,
  singleAddress,
} from '../../domain/net/range.ts';

/** What a subnet's readiness depends on. */
export interface SubnetObservation {
  vlanExists: boolean;
  /** Other, older subnets on the same fabric whose networks overlap. */
  overlapping: readonly string[];
  /** How many addresses are left for machines. */
  free: bigint;
}

/** What holds of a subnet: the first thing that is wrong, or that it is in order. */
export function decideSubnet(subnet: Subnet, seen: SubnetObservation): ConditionUpdate[] {
  if (!seen.vlanExists) {
    return readiness('Stalled', 'VlanNotFound', `spec.vlan: there is no VLAN ${subnet.spec.vlan}: create it`);
  }
  const [other] = seen.overlapping;
  if (other !== undefined) {
    return readiness(
      'Stalled',
      'Overlaps',
      `spec.cidr: overlaps with Subnet ${other}, which was there first`,
    );
  }
  const problem = rangeProblem(subnet);
  if (problem !== undefined) return readiness('Stalled', 'RangeInvalid', problem);
  if (!subnet.spec.managed) return readiness('Ready', 'Accepted', 'not managed: no addresses are given out');
  const unsent = optionProblem(subnet);
  if (unsent !== undefined) return readiness('Ready', 'OptionInvalid', unsent);
  if (seen.free > 0n) return readiness('Ready', 'Accepted', 'managed');
  return readiness(
    'Ready',
    'Exhausted',
    'no address is left for further machines: shrink spec.ranges, or remove IPAddresses that nobody needs',
  );
}

/** The API server checks the same for IPv4; this covers IPv6 and what was stored before. */
function rangeProblem(subnet: Subnet): string | undefined {
  const whole = cidrRange(parseCidr(subnet.spec.cidr));
  const entries = (['dynamic', 'reserved'] as const).flatMap((kind) =>
    subnet.spec.ranges[kind].map((range, index) => ({
      where: `spec.ranges.${kind}[${index}]`,
      range: rangeOf(range),
    })),
  );
  const accepted: { where: string; range: IpRange }[] = [];
  for (const { where, range } of entries) {
    if (range === undefined) return `${where}: start is after end`;
    if (!rangeContainsRange(whole, range)) return `${where}: lies outside ${subnet.spec.cidr}`;
    const twin = accepted.find((earlier) => rangesOverlap(earlier.range, range));
    if (twin !== undefined) return `${where}: overlaps with ${twin.where}`;
    accepted.push({ where, range });
  }
  return undefined;
}

/** The API server checks the same; an object may be older than its rules. All else is served. */
function optionProblem({ spec }: Subnet): string | undefined {
  const lists = [
    { where: 'spec.dhcpOptions', options: spec.dhcpOptions },
    ...spec.ranges.dynamic.map(({ dhcpOptions }, index) => ({
      where: `spec.ranges.dynamic[${index}].dhcpOptions`,
      options: dhcpOptions,
    })),
  ];
  for (const { where, options = [] } of lists) {
    const [problem] = encodeOptions(options).problems;
    if (problem !== undefined) return `${where}: ${problem}: it is not sent`;
  }
  return undefined;
}

/** How the addresses of a subnet are used. */
export function countAddresses(
  subnet: Subnet,
  assigned: readonly string[],
): NonNullable<SubnetStatus['addresses']> {
  const usable = usableHosts(parseCidr(subnet.spec.cidr));
  const sizeOf = (ranges: readonly AddressRange[]): bigint =>
    mergeRanges(ranges.map(rangeOf).filter((range) => range !== undefined)).reduce(
      (sum, range) => sum + rangeSize(range),
      0n,
    );
  const total = rangeSize(usable);
  const taken = [...excludedRanges(subnet), ...assigned.map((address) => singleAddress(parseIp(address)))];
  const free = countFree(usable, taken);
  const used = total - free;
  return {
    total: total.toString(),
    assigned: assigned.length,
    dynamic: sizeOf(subnet.spec.ranges.dynamic).toString(),
    reserved: sizeOf(subnet.spec.ranges.reserved).toString(),
    free: free.toString(),
    utilisationPercent: total === 0n ? 100 : Number((used * 100n) / total),
  };
}
