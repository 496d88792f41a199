import type { EchoReply } from './raw-sockets.ts';
import { onesComplement } from './udp-frame.ts';

const echoReply = 0;
const echoRequest = 8;
const headerLength = 8;

/** An ICMP echo request without payload (RFC 792). `identifier` and `sequence` are 16 bits each. */
export function encodeEchoRequest(identifier: number, sequence: number): Uint8Array {
  const message = new Uint8Array(headerLength);
  const view = new DataView(message.buffer);
  view.setUint8(0, echoRequest);
  view.setUint16(4, identifier);
  view.setUint16(6, sequence);
  view.setUint16(2, onesComplement(view, 0, message.length, 0));
  return message;
}

/** An echo reply out of a whole IPv4 packet, as a raw socket gives it; undefined for anything else. */
export function decodeEchoReply(packet: Uint8Array): EchoReply | undefined {
  if (packet.length < 20 + headerLength) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const version = view.getUint8(0) >> 4;
  const at = (view.getUint8(0) & 0xf) * 4;
  if (version !== 4 || at < 20 || view.getUint8(9) !== 1 || at + headerLength > packet.length)
    return undefined;
  if (view.getUint8(at) !== echoReply || view.getUint8(at + 1) !== 0) return undefined;
  return {
    address: view.getUint32(12),
    identifier: view.getUint16(at + 4),
    sequence: view.getUint16(at + 6),
  };
}
