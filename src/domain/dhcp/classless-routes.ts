import { DecodeError } from '../../errors/decode-error.ts';
import { ipv4FromNumber, ipv4ToNumber } from '../net/address.ts';
import { formatCidr, parseCidr } from '../net/cidr.ts';

/** A network and the router that leads to it; `0.0.0.0` as the router means that it is on the link (RFC 3442). */
export interface StaticRoute {
  /** IPv4 CIDR; `0.0.0.0/0` is the default route. */
  destination: string;
  /** Dotted quad. */
  gateway: string;
}

/** Option 121: for each route the prefix length, the octets of the network that it covers, the router. Throws DecodeError. */
export function encodeClasslessRoutes(routes: readonly StaticRoute[]): Uint8Array {
  const bytes: number[] = [];
  for (const { destination, gateway } of routes) {
    const cidr = parseCidr(destination);
    const router = ipv4ToNumber(gateway);
    if (cidr.family !== 4 || router === undefined) {
      throw new DecodeError(`no IPv4 route: ${destination} by ${gateway}`);
    }
    const network = Number(cidr.network);
    bytes.push(cidr.prefix);
    for (let octet = 0; octet < Math.ceil(cidr.prefix / 8); octet += 1) {
      bytes.push((network >>> (24 - 8 * octet)) & 255);
    }
    bytes.push(router >>> 24, (router >>> 16) & 255, (router >>> 8) & 255, router & 255);
  }
  return Uint8Array.from(bytes);
}

/** The routes of option 121. Throws DecodeError. */
export function decodeClasslessRoutes(bytes: Uint8Array): StaticRoute[] {
  const routes: StaticRoute[] = [];
  let at = 0;
  while (at < bytes.length) {
    const prefix = bytes[at] ?? 0;
    const octets = Math.ceil(prefix / 8);
    if (prefix > 32 || at + 1 + octets + 4 > bytes.length) throw new DecodeError('a route is cut short');
    let network = 0;
    for (let octet = 0; octet < 4; octet += 1) {
      network = network * 256 + (octet < octets ? (bytes[at + 1 + octet] ?? 0) : 0);
    }
    at += 1 + octets;
    const quad = bytes.subarray(at, at + 4).reduce((value, byte) => value * 256 + byte, 0);
    routes.push({
      destination: formatCidr(parseCidr(`${ipv4FromNumber(network)}/${prefix}`)),
      gateway: ipv4FromNumber(quad),
    });
    at += 4;
  }
  return routes;
}
