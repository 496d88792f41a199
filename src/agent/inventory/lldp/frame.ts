import { DecodeError } from '../../../errors/decode-error.ts';
import type { LldpNeighbour } from '../types.ts';

/** LLDP's EtherType (IEEE 802.1AB). */
const etherType = 0x88cc;

/**
 * Decodes an Ethernet frame with an LLDPDU (IEEE 802.1AB, section 8): TLVs with 7 bits of type and 9 of length.
 *
 * @throws DecodeError when it is no LLDP, is cut off, or lacks chassis or port
 */
export function decodeLldpFrame(frame: Uint8Array): LldpNeighbour {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 16 || view.getUint16(12) !== etherType) throw new DecodeError('not an LLDP frame');
  const seen: Seen = {};
  for (let at = 14; at + 2 <= frame.length; ) {
    const header = view.getUint16(at);
    const [type, length] = [header >> 9, header & 0x1ff];
    const value = frame.subarray(at + 2, at + 2 + length);
    if (value.length < length) throw new DecodeError(`LLDP TLV ${type} is cut off`);
    if (type === 0) break;
    readTlv(type, value, seen);
    at += 2 + length;
  }
  const { chassisId, portId, ...rest } = seen;
  if (chassisId === undefined || portId === undefined) throw new DecodeError('LLDP without chassis or port');
  return { chassisId, portId, ...rest };
}

/** What was decoded so far: an identifier of a kind that cannot be read leaves its place empty. */
type Seen = { [K in keyof LldpNeighbour]?: LldpNeighbour[K] | undefined };

function readTlv(type: number, value: Uint8Array, seen: Seen): void {
  if (type === 1) seen.chassisId = identifier(value, 4);
  else if (type === 2) seen.portId = identifier(value, 3);
  else if (type === 4) seen.portDescription = text(value);
  else if (type === 5) seen.chassisName = text(value);
  else if (type === 127) seen.vlan ??= portVlan(value);
}

/**
 * A chassis or port identifier: one byte of subtype, then a MAC address (the given subtype), a network address or words.
 * Sections 8.5.2 and 8.5.3.
 */
function identifier(value: Uint8Array, macSubtype: number): string | undefined {
  const [subtype, rest] = [value[0], value.subarray(1)];
  if (subtype === undefined || rest.length === 0) return undefined;
  if (subtype === macSubtype && rest.length === 6) return hex(rest);
  const network = macSubtype === 4 ? 5 : 4;
  if (subtype === network && rest[0] === 1 && rest.length === 5) return rest.subarray(1).join('.');
  return text(rest) || hex(rest);
}

/** The port VLAN identifier of IEEE 802.1 (00-80-C2, subtype 1): the untagged VLAN; 0 is none. */
function portVlan(value: Uint8Array): number | undefined {
  const [a, b, c, subtype, high, low] = value;
  if (a !== 0x00 || b !== 0x80 || c !== 0xc2 || subtype !== 1 || high === undefined || low === undefined)
    return undefined;
  const vlan = (high << 8) | low;
  return vlan > 0 && vlan < 4095 ? vlan : undefined;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** Printable words only: what a switch sends ends on a console. */
function text(bytes: Uint8Array): string {
  return [...new TextDecoder().decode(bytes)]
    .filter((character) => character >= ' ' && character !== '\u007f')
    .join('')
    .trim()
    .slice(0, 256);
}
