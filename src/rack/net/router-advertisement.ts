import { macToBytes } from '../../domain/net/mac.ts';

const ipHeaderLength = 40;
const messageLength = 16;

/**
 * An IPv6 packet with a router advertisement (RFC 4861, 4.2) that offers nothing: no default router, no prefix, no
 * DHCPv6. It tells a client that waits for routers that there is none to wait for, and nobody else: both addresses are
 * the link-local ones that the MAC addresses give (RFC 4291, appendix A).
 */
export function emptyRouterAdvertisement(sourceMac: string, clientMac: string): Uint8Array {
  const packet = new Uint8Array(ipHeaderLength + messageLength);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x60);
  view.setUint16(4, messageLength);
  view.setUint8(6, 58);
  // Anything but 255 came through a router and is no neighbour's.
  view.setUint8(7, 255);
  packet.set(linkLocal(sourceMac), 8);
  packet.set(linkLocal(clientMac), 24);
  view.setUint8(ipHeaderLength, 134);
  // The pseudo-header (RFC 8200, 8.1): both addresses, the length, the next header.
  let sum = messageLength + 58;
  for (let at = 8; at < packet.length; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(ipHeaderLength + 2, ~sum & 0xffff);
  return packet;
}

function linkLocal(mac: string): Uint8Array {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = macToBytes(mac);
  return Uint8Array.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
}
