import { type ConditionUpdate, readiness } from '../../api/conditions.ts';
import type { IpAddressObject } from '../../api/ip-address/schema.ts';
import type { Subnet } from '../../api/subnet/schema.ts';
import { formatIp, type IpAddress, parseIp } from '../../domain/net/address.ts';
import { cidrContains, parseCidr, usableHosts } from '../../domain/net/cidr.ts';
import { freeAddresses } from '../../domain/net/free-addresses.ts';
import { rangeContains, singleAddress } from '../../domain/net/range.ts';
import { excludedRanges, rangeOf } from '../shared/subnet-ranges.ts';

/** What is wrong with an address, if anything. */
export function decideIpAddress(
  address: IpAddressObject,
  subnet: Subnet | undefined,
  /** Other addresses with the same MAC on the same subnet, by name, older ones only. */
  sameMac: readonly string[],
): ConditionUpdate[] {
  const { spec } = address;
  if (subnet === undefined) {
    return readiness(
      'Stalled',
      'SubnetNotFound',
      `spec.subnet: there is no Subnet ${spec.subnet}: create it`,
    );
  }
  const ip = parseIp(spec.address);
  if (!cidrContains(parseCidr(subnet.spec.cidr), ip)) {
    return readiness('Stalled', 'OutsideSubnet', `spec.address: lies outside ${subnet.spec.cidr}`);
  }
  if (spec.mac !== undefined && inDynamicRange(subnet, ip)) {
    return readiness(
      'Stalled',
      'InDynamicRange',
      'spec.address: lies in a dynamic range, so another device may be given it too: choose one outside',
    );
  }
  const [twin] = sameMac;
  if (twin !== undefined) {
    return readiness('Stalled', 'DuplicateMac', `spec.mac: has IPAddress ${twin} on this subnet already`);
  }
  return readiness(
    'Ready',
    'Reserved',
    spec.machine === undefined ? 'reserved' : `given to machine ${spec.machine}`,
  );
}

function inDynamicRange(subnet: Subnet, address: IpAddress): boolean {
  return subnet.spec.ranges.dynamic.some((range) => {
    const known = rangeOf(range);
    return known !== undefined && rangeContains(known, address);
  });
}

/**
 * The addresses that a machine may be given, lowest first.
 *
 * @param taken addresses that have an object, or are a rack's own
 */
export function* candidates(subnet: Subnet, taken: readonly string[]): Generator<string, void, undefined> {
  const used = taken.map((address) => singleAddress(parseIp(address)));
  const usable = usableHosts(parseCidr(subnet.spec.cidr));
  for (const address of freeAddresses(usable, [...excludedRanges(subnet), ...used])) yield formatIp(address);
}
