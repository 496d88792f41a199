import { DecodeError } from '../../errors/decode-error.ts';
import { joinBytes, tlv } from './tlv.ts';

/** A BOOTP message with DHCP options (RFC 2131, 2). Addresses are unsigned 32-bit numbers, 0 for none. */
export interface Dhcp4Packet {
  /** 1 from a client, 2 from a server. */
  op: number;
  /** IANA hardware type; 1 is Ethernet. */
  htype: number;
  hops: number;
  xid: number;
  secs: number;
  /** 0x8000 asks for broadcast replies. */
  flags: number;
  ciaddr: number;
  yiaddr: number;
  siaddr: number;
  giaddr: number;
  /** `hlen` bytes. */
  chaddr: Uint8Array;
  /** Server name, up to the first NUL; empty where the field carried options. Latin-1. */
  sname: string;
  /** Boot file, as `sname`. */
  file: string;
  /** By code, in the order of first appearance; split options are joined (RFC 3396). */
  options: Map<number, Uint8Array>;
}

/** The flag by which a client asks for broadcast replies. */
export const broadcastFlag = 0x8000;

const fixedLength = 236;
const magicCookie = 0x63825363;
const snameAt = 44;
const fileAt = 108;
const optionPad = 0;
const optionOverload = 52;
const optionEnd = 255;

/**
 * One pass over the bytes; options are views of them, not copies. A vendor field of zeros instead of the magic cookie is
 * a BOOTP message without options (RFC 951, 3). Throws DecodeError.
 */
export function decodePacket(bytes: Uint8Array): Dhcp4Packet {
  if (bytes.length < fixedLength + 4) throw new DecodeError(`${bytes.length} bytes are too few for DHCP`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hlen = view.getUint8(2);
  if (hlen > 16) throw new DecodeError(`hardware address of ${hlen} bytes`);
  const options = new Map<number, Uint8Array>();
  const cookie = view.getUint32(fixedLength);
  if (cookie === magicCookie) readAllOptions(bytes, options);
  else if (cookie !== 0) throw new DecodeError('no DHCP magic cookie');
  const overload = options.get(optionOverload)?.[0] ?? 0;
  return {
    op: view.getUint8(0),
    htype: view.getUint8(1),
    hops: view.getUint8(3),
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    flags: view.getUint16(10),
    ciaddr: view.getUint32(12),
    yiaddr: view.getUint32(16),
    siaddr: view.getUint32(20),
    giaddr: view.getUint32(24),
    chaddr: bytes.subarray(28, 28 + hlen),
    sname: overload & 2 ? '' : latin1(bytes, snameAt, fileAt),
    file: overload & 1 ? '' : latin1(bytes, fileAt, fixedLength),
    options,
  };
}

/** How large an answer may be, and must be. */
export interface EncodeLimits {
  /** Bytes of DHCP message. Options that do not fit are left out, the last ones first. Default 548 (RFC 2131, 2). */
  maximum?: number;
  /** Smaller messages are padded: relays and ROMs drop less than BOOTP's 300 bytes (RFC 1542, 2.1). Default 300. */
  minimum?: number;
}

/**
 * The bytes of a message of any kind; the server's own answers are made by `encodeReply`. Options longer than 255 bytes are split (RFC 3396). The padding is put before END, in steps
 * of six bytes, because Windows' wdsmgfw.efi reads pad bytes as options with a length and stops only at an END.
 */
export function encodePacket(packet: Dhcp4Packet, limits: EncodeLimits = {}): Uint8Array {
  const { maximum = 548, minimum = 300 } = limits;
  const bytes = new Uint8Array(Math.max(maximum, minimum) + 6);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, packet.op);
  view.setUint8(1, packet.htype);
  view.setUint8(2, packet.chaddr.length);
  view.setUint8(3, packet.hops);
  view.setUint32(4, packet.xid);
  view.setUint16(8, packet.secs);
  view.setUint16(10, packet.flags);
  view.setUint32(12, packet.ciaddr);
  view.setUint32(16, packet.yiaddr);
  view.setUint32(20, packet.siaddr);
  view.setUint32(24, packet.giaddr);
  bytes.set(packet.chaddr.subarray(0, 16), 28);
  writeLatin1(bytes, snameAt, 64, packet.sname);
  writeLatin1(bytes, fileAt, 128, packet.file);
  view.setUint32(fixedLength, magicCookie);
  let at = fixedLength + 4;
  for (const [code, value] of packet.options) {
    const option = tlv(code, value);
    if (at + option.length + 1 > maximum) continue;
    bytes.set(option, at);
    at += option.length;
  }
  const missing = minimum - (at + 1);
  if (missing > 0) at += Math.ceil(missing / 6) * 6;
  bytes[at] = optionEnd;
  return bytes.subarray(0, at + 1);
}

/** Options that came in pieces, joined at the end: many small pieces must not cost more than their bytes. */
type Pieces = Map<number, Uint8Array[]>;

function readAllOptions(bytes: Uint8Array, options: Map<number, Uint8Array>): void {
  const pieces: Pieces = new Map();
  readOptions(bytes, fixedLength + 4, bytes.length, options, pieces);
  // RFC 3396, 5: options first, then file, then sname. An overload option inside those fields means nothing.
  const overload = options.get(optionOverload)?.[0] ?? 0;
  if (overload & 1) readOptions(bytes, fileAt, fixedLength, options, pieces);
  if (overload & 2) readOptions(bytes, snameAt, fileAt, options, pieces);
  for (const [code, parts] of pieces) options.set(code, joinBytes(parts));
}

function readOptions(
  bytes: Uint8Array,
  from: number,
  to: number,
  options: Map<number, Uint8Array>,
  pieces: Pieces,
): void {
  let at = from;
  while (at < to) {
    const code = bytes[at] ?? optionEnd;
    at += 1;
    if (code === optionPad) continue;
    if (code === optionEnd) return;
    const length = bytes[at];
    if (length === undefined || at + 1 + length > to) throw new DecodeError(`option ${code} is cut short`);
    const value = bytes.subarray(at + 1, at + 1 + length);
    const before = options.get(code);
    if (before === undefined) options.set(code, value);
    else addPiece(pieces, code, before, value);
    at += 1 + length;
  }
}

function addPiece(pieces: Pieces, code: number, first: Uint8Array, next: Uint8Array): void {
  const parts = pieces.get(code);
  if (parts === undefined) pieces.set(code, [first, next]);
  else parts.push(next);
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

function writeLatin1(bytes: Uint8Array, at: number, length: number, text: string): void {
  // One byte less than the field: ROMs expect the NUL.
  for (let index = 0; index < text.length && index < length - 1; index += 1) {
    bytes[at + index] = text.charCodeAt(index);
  }
}
