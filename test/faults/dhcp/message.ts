import { ipv4ToNumber } from '../../../src/domain/net/address.ts';

/** What a client says. Addresses are unsigned 32-bit numbers, 0 for none. */
export interface Said {
  type: 'Discover' | 'Request' | 'Release';
  mac: string;
  xid: number;
  ciaddr?: number;
  requested?: number | undefined;
  server?: number | undefined;
}

/** What a server answered. */
export interface Heard {
  type: 'Offer' | 'Ack' | 'Nak' | 'Other';
  mac: string;
  xid: number;
  yiaddr: number;
  server: number;
  leaseSeconds: number;
}

const types = { Discover: 1, Request: 3, Release: 7 } as const;
const heardTypes: Record<number, Heard['type']> = { 2: 'Offer', 5: 'Ack', 6: 'Nak' };
const cookie = 0x63825363;

/** A client's message as RFC 2131 wants it; written here anew, so that the server's own codec is not its judge. */
export function encode(said: Said): Buffer {
  const bytes = Buffer.alloc(300);
  bytes.set([1, 1, 6, 0]);
  bytes.writeUInt32BE(said.xid, 4);
  // Without an address it can be answered by broadcast alone.
  if (said.ciaddr === undefined) bytes.writeUInt16BE(0x8000, 10);
  bytes.writeUInt32BE(said.ciaddr ?? 0, 12);
  bytes.set(
    said.mac.split(':').map((part) => Number.parseInt(part, 16)),
    28,
  );
  bytes.writeUInt32BE(cookie, 236);
  let at = 240;
  const put = (code: number, ...values: number[]): void => {
    bytes.set([code, values.length, ...values], at);
    at += 2 + values.length;
  };
  const quad = (value: number): number[] => [
    value >>> 24,
    (value >>> 16) & 255,
    (value >>> 8) & 255,
    value & 255,
  ];
  put(53, types[said.type]);
  if (said.requested !== undefined) put(50, ...quad(said.requested));
  if (said.server !== undefined) put(54, ...quad(said.server));
  put(55, 1, 3, 6, 51, 54);
  bytes[at] = 255;
  return bytes;
}

/** Undefined for anything that is no answer of a DHCP server. */
export function decode(bytes: Uint8Array): Heard | undefined {
  if (bytes.length < 244) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== 2 || view.getUint32(236) !== cookie) return undefined;
  const options = new Map<number, number>();
  for (let at = 240; at + 1 < bytes.length && bytes[at] !== 255; ) {
    const code = view.getUint8(at);
    if (code === 0) {
      at += 1;
      continue;
    }
    const length = view.getUint8(at + 1);
    if (at + 2 + length > bytes.length) return undefined;
    if (length === 1) options.set(code, view.getUint8(at + 2));
    if (length === 4) options.set(code, view.getUint32(at + 2));
    at += 2 + length;
  }
  const mac = [...bytes.subarray(28, 34)].map((part) => part.toString(16).padStart(2, '0')).join(':');
  return {
    type: heardTypes[options.get(53) ?? 0] ?? 'Other',
    mac,
    xid: view.getUint32(4),
    yiaddr: view.getUint32(16),
    server: options.get(54) ?? 0,
    leaseSeconds: options.get(51) ?? 0,
  };
}

/** A dotted quad that must be one. */
export function quadOf(text: string): number {
  const value = ipv4ToNumber(text);
  if (value === undefined) throw new Error(`${text} is no address`);
  return value;
}
