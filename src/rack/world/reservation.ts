import type { IpAddressObject } from '../../api/ip-address/schema.ts';
import { ipv4ToNumber } from '../../domain/net/address.ts';
import { hostAddressProblem } from '../../domain/net/host-address.ts';
import { oldest } from '../../domain/seniority.ts';
import type { DhcpNetwork, DhcpReservation, DhcpSubnet } from '../dhcp4/ports.ts';

/** What an address object means on one subnet: worked out once for each version of either. */
interface Verdict {
  subnet: DhcpSubnet;
  usable: boolean;
  reservation: DhcpReservation;
}

const verdicts = new WeakMap<IpAddressObject, Verdict>();

/**
 * The address that was reserved for a client on a network: the oldest that is usable. What cannot work (outside the subnet, the
 * gateway's, this rack's own) is not given, whatever its object says; one in a dynamic range is, and nobody else gets it.
 */
export function reservationFor(
  mac: string,
  network: DhcpNetwork,
  candidates: readonly IpAddressObject[],
): DhcpReservation | undefined {
  const usable = candidates.filter((candidate) => verdictOn(candidate, mac, network)?.usable);
  const found = oldest(usable);
  return found === undefined ? undefined : verdictOn(found, mac, network)?.reservation;
}

function verdictOn(object: IpAddressObject, mac: string, network: DhcpNetwork): Verdict | undefined {
  const subnet = network.subnets.find(({ name }) => name === object.spec.subnet);
  if (subnet === undefined) return undefined;
  const known = verdicts.get(object);
  if (known?.subnet === subnet && known.reservation.mac === mac) return known;
  const { address, hostname, dhcpOptions } = object.spec;
  const reservation: DhcpReservation = {
    mac,
    address,
    subnet: subnet.name,
    ...(hostname === undefined ? {} : { hostname }),
    ...(dhcpOptions === undefined ? {} : { options: dhcpOptions }),
  };
  const verdict = { subnet, usable: isUsable(address, subnet), reservation };
  verdicts.set(object, verdict);
  return verdict;
}

function isUsable(address: string, subnet: DhcpSubnet): boolean {
  if (ipv4ToNumber(address) === undefined || address === subnet.serverAddress) return false;
  const { cidr, gateway, dynamicRanges } = subnet;
  const problem = hostAddressProblem(address, { cidr, gateway, dynamic: dynamicRanges });
  return problem === undefined || problem === 'InDynamicRange';
}

/** Whether an address lies in a range of them; dotted quads. False for what is no IPv4 address. */
export function liesInRanges(address: string, ranges: readonly { start: string; end: string }[]): boolean {
  const value = ipv4ToNumber(address);
  if (value === undefined) return false;
  return ranges.some(({ start, end }) => {
    const [first, last] = [ipv4ToNumber(start), ipv4ToNumber(end)];
    return first !== undefined && last !== undefined && first <= value && value <= last;
  });
}
