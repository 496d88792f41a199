import { ipv4ToNumber } from '../../domain/net/address.ts';
import type { UdpPeer } from './sockets.ts';

const ipHeaderLength = 20;
const udpHeaderLength = 8;

/**
 * An IPv4 packet with one UDP datagram (RFC 791, RFC 768), both checksums filled in. Never fragmented: the caller keeps
 * it within the interface's MTU.
 */
export function udp4Packet(source: UdpPeer, destination: UdpPeer, data: Uint8Array): Uint8Array {
  const total = ipHeaderLength + udpHeaderLength + data.length;
  const packet = new Uint8Array(total);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, total);
  view.setUint16(6, 0x4000);
  view.setUint8(8, 64);
  view.setUint8(9, 17);
  view.setUint32(12, ipv4ToNumber(source.address) ?? 0);
  view.setUint32(16, ipv4ToNumber(destination.address) ?? 0);
  view.setUint16(10, onesComplement(view, 0, ipHeaderLength, 0));
  view.setUint16(20, source.port);
  view.setUint16(22, destination.port);
  view.setUint16(24, udpHeaderLength + data.length);
  packet.set(data, ipHeaderLength + udpHeaderLength);
  // The pseudo-header: both addresses, the protocol and the UDP length (RFC 768).
  const pseudo =
    view.getUint16(12) +
    view.getUint16(14) +
    view.getUint16(16) +
    view.getUint16(18) +
    17 +
    view.getUint16(24);
  // Zero means "no checksum" in UDP over IPv4, so a sum of zero is sent as all ones.
  view.setUint16(26, onesComplement(view, ipHeaderLength, total, pseudo) || 0xffff);
  return packet;
}

/** The Internet checksum (RFC 1071) of bytes `from` to `to`, on top of a sum already made. */
export function onesComplement(view: DataView, from: number, to: number, start: number): number {
  let sum = start;
  let at = from;
  for (; at + 1 < to; at += 2) sum += view.getUint16(at);
  if (at < to) sum += view.getUint8(at) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The datagram in an unfragmented IPv4 packet, its sender an unsigned 32-bit number; undefined for anything else. */
export function readUdp4(packet: Uint8Array): { source: number; data: Uint8Array } | undefined {
  if (packet.length < ipHeaderLength + udpHeaderLength) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const at = (view.getUint8(0) & 0xf) * 4;
  const isUdp = view.getUint8(0) >> 4 === 4 && view.getUint8(9) === 17 && (view.getUint16(6) & 0x3fff) === 0;
  if (!isUdp || at < ipHeaderLength || at + udpHeaderLength > packet.length) return undefined;
  const length = view.getUint16(at + 4);
  if (length < udpHeaderLength || at + length > packet.length) return undefined;
  return { source: view.getUint32(12), data: packet.slice(at + udpHeaderLength, at + length) };
}
