import { readFileSync } from 'node:fs';
import { parseIp } from '../../domain/net/address.ts';
import { cidrContains, parseCidr } from '../../domain/net/cidr.ts';
import type { listInterfaces } from '../net/interfaces.ts';

/** One local address that is served. */
export interface Place {
  address?: string;
  device?: string;
  /** `10.0.0.1/24`: who is in it is reached without a router. */
  cidr?: string;
}

/** Bytes that a block leaves of the MTU: IP 20, UDP 8, TFTP 4. */
const headers = 32;
const ethernetMtu = 1500;

/** The MTU of an interface; undefined when it cannot be read. */
export function interfaceMtu(device: string): number | undefined {
  try {
    const mtu = Number(readFileSync(`/sys/class/net/${device}/mtu`, 'utf8'));
    return Number.isInteger(mtu) && mtu > 0 ? mtu : undefined;
  } catch {
    return undefined;
  }
}

/** The largest block that reaches a peer in one piece. Behind a router nothing larger than Ethernet's frames is assumed. */
export function largestBlock(
  place: Place,
  peer: string,
  mtuOf: (device: string) => number | undefined,
): number {
  const mtu = (place.device === undefined ? undefined : mtuOf(place.device)) ?? ethernetMtu;
  return Math.max(8, (isOnLink(place, peer) ? mtu : Math.min(mtu, ethernetMtu)) - headers);
}

/** Whether the peer is on the network of the address that it asked. */
export function isOnLink({ cidr }: Place, peer: string): boolean {
  return cidr !== undefined && cidrContains(parseCidr(cidr), parseIp(peer));
}

/**
 * The addresses to serve, each on a socket of its own: a reply leaves from the address that was asked, and broadcast
 * requests reach none of them (RFC 1123, 4.2.3.5).
 */
export function placesOf(
  where: { address?: string; device?: string },
  interfaces: typeof listInterfaces,
): Place[] {
  const { address, device } = where;
  const all = interfaces()
    .filter(({ name }) => device === undefined || name === device)
    .flatMap(({ name, addresses }) => addresses.map((entry) => ({ ...entry, device: name })))
    .filter(({ family }) => family === 4);
  if (address !== undefined) {
    const cidr = all.find((entry) => entry.address === address)?.cidr;
    return [{ ...where, ...(cidr === undefined ? {} : { cidr }) }];
  }
  if (device === undefined || all.length === 0) return [where];
  return all.map((entry) => ({ address: entry.address, device, cidr: entry.cidr }));
}
