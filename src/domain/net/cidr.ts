import { DecodeError } from '../../errors/decode-error.ts';
import { addressBits, type Family, formatIp, type IpAddress, parseIp } from './address.ts';
import type { IpRange } from './range.ts';

/** A network: `network` has no bits set beyond `prefix`. */
export interface Cidr {
  family: Family;
  network: bigint;
  prefix: number;
}

/** `address/prefix`; host bits are dropped, so an interface's own address gives its network. Throws DecodeError. */
export function parseCidr(text: string): Cidr {
  const slash = text.indexOf('/');
  const length = text.slice(slash + 1);
  if (slash < 0 || !/^(0|[1-9][0-9]{0,2})$/.test(length)) {
    throw new DecodeError(`not an address with a prefix length: ${JSON.stringify(text)}`);
  }
  const address = parseIp(text.slice(0, slash));
  const prefix = Number(length);
  if (prefix > addressBits(address.family)) {
    throw new DecodeError(`prefix length ${prefix} is too long for IPv${address.family}`);
  }
  const hostBits = BigInt(addressBits(address.family) - prefix);
  return { family: address.family, network: (address.value >> hostBits) << hostBits, prefix };
}

/** Canonical `network/prefix`. */
export function formatCidr(cidr: Cidr): string {
  return `${formatIp({ family: cidr.family, value: cidr.network })}/${cidr.prefix}`;
}

/** Every address of the network, the first and last included. */
export function cidrRange(cidr: Cidr): IpRange {
  const size = 1n << BigInt(addressBits(cidr.family) - cidr.prefix);
  return { family: cidr.family, first: cidr.network, last: cidr.network + size - 1n };
}

/** Whether the address is in the network. */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  const hostBits = BigInt(addressBits(cidr.family) - cidr.prefix);
  return address.family === cidr.family && address.value >> hostBits === cidr.network >> hostBits;
}

/** The IPv4 directed broadcast address; undefined for IPv6, /31 (RFC 3021) and /32. */
export function broadcastAddress(cidr: Cidr): IpAddress | undefined {
  if (cidr.family === 6 || cidr.prefix > 30) return undefined;
  return { family: 4, value: cidrRange(cidr).last };
}

/** The IPv4 netmask as a dotted quad's number, or the IPv6 mask. */
export function netmask(cidr: Cidr): IpAddress {
  const bits = addressBits(cidr.family);
  const hostBits = BigInt(bits - cidr.prefix);
  return { family: cidr.family, value: (((1n << BigInt(bits)) - 1n) >> hostBits) << hostBits };
}

/**
 * What hosts may use: without the network and broadcast address in IPv4 up to /30, without the subnet-router anycast
 * address (RFC 4291, 2.6.1) in IPv6 up to /126, everything in smaller networks (RFC 3021, RFC 6164).
 */
export function usableHosts(cidr: Cidr): IpRange {
  const all = cidrRange(cidr);
  if (addressBits(cidr.family) - cidr.prefix < 2) return all;
  return { family: cidr.family, first: all.first + 1n, last: cidr.family === 4 ? all.last - 1n : all.last };
}
