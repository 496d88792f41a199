import { DecodeError } from '../../../errors/decode-error.ts';
import { byteAt, concat, requireLength } from '../../power/ipmi/bytes.ts';

/** Bits of byte 4 from us to the BMC (IPMI 2.0, table 15-2, "operation"). */
const nackBit = 0x40;
const breakBit = 0x10;

/** Bits of byte 4 from the BMC to us (table 15-2, "status"). */
const unavailableBit = 0x20;
const deactivatingBit = 0x10;
const overrunBit = 0x08;
const breakDetectedBit = 0x04;

const headerLength = 4;

/** The most characters that a packet can acknowledge: the count is one byte. */
export const mostCharacters = 255;

/** A Serial-over-LAN packet, in either direction (IPMI 2.0, table 15-2). */
interface SolPacket {
  /** 1 to 15; 0: it carries nothing that has to be acknowledged. */
  sequence: number;
  /** The packet of the other side that is acknowledged or refused; 0: none. */
  acknowledges: number;
  /** How many characters of that packet were taken. */
  accepted: number;
  /** That packet was refused, or not taken as a whole. */
  nack: boolean;
  data: Uint8Array;
}

/** From us to the BMC. */
export interface SolRequest extends SolPacket {
  /** The BMC holds the serial line in BREAK for a moment. */
  sendBreak: boolean;
}

/** From the BMC to us. */
export interface SolReport extends SolPacket {
  /** The BMC takes no characters at the moment; it says so when it does again. */
  unavailable: boolean;
  /** Another has taken SOL over, or the BMC has ended it. */
  deactivating: boolean;
  /** Characters of the machine were lost on their way to the BMC. */
  overrun: boolean;
  breakDetected: boolean;
}

export function encodeSolRequest(packet: SolRequest): Uint8Array {
  const operation = (packet.nack ? nackBit : 0) | (packet.sendBreak ? breakBit : 0);
  return concat([packet.sequence, packet.acknowledges, packet.accepted, operation], packet.data);
}

/** The other direction, for simulators. @throws DecodeError */
export function decodeSolRequest(bytes: Uint8Array): SolRequest {
  const { status, ...packet } = decodePacket(bytes);
  return { ...packet, sendBreak: (status & breakBit) !== 0 };
}

/** @throws DecodeError */
export function decodeSolReport(bytes: Uint8Array): SolReport {
  const { status, ...packet } = decodePacket(bytes);
  return {
    ...packet,
    unavailable: (status & unavailableBit) !== 0,
    deactivating: (status & deactivatingBit) !== 0,
    overrun: (status & overrunBit) !== 0,
    breakDetected: (status & breakDetectedBit) !== 0,
  };
}

/** The other direction, for simulators. */
export function encodeSolReport(packet: SolReport): Uint8Array {
  const status =
    (packet.nack ? nackBit : 0) |
    (packet.unavailable ? unavailableBit : 0) |
    (packet.deactivating ? deactivatingBit : 0) |
    (packet.overrun ? overrunBit : 0) |
    (packet.breakDetected ? breakDetectedBit : 0);
  return concat([packet.sequence, packet.acknowledges, packet.accepted, status], packet.data);
}

/** The upper halves of the sequence numbers are reserved, and ignored. */
function decodePacket(bytes: Uint8Array): SolPacket & { status: number } {
  const what = 'SOL payload';
  requireLength(bytes, headerLength, what);
  if (bytes.length > 0xffff) throw new DecodeError(`${what}: ${bytes.length} bytes`);
  const status = byteAt(bytes, 3, what);
  return {
    sequence: byteAt(bytes, 0, what) & 0x0f,
    acknowledges: byteAt(bytes, 1, what) & 0x0f,
    accepted: byteAt(bytes, 2, what),
    nack: (status & nackBit) !== 0,
    status,
    data: bytes.subarray(headerLength),
  };
}
