import { DecodeError } from '../../../errors/decode-error.ts';
import { byteAt, concat, requireLength, uint32, viewOf } from './bytes.ts';

/** The format of an IPMI session header (IPMI 2.0, table 13-8, "Authentication Type"). */
const authTypeNone = 0x00;
const authTypeRmcpPlus = 0x06;

const encryptedBit = 0x80;
const authenticatedBit = 0x40;
const typeMask = 0x3f;
const headerLength = 12;

/** RMCP+ payload types (table 13-16). */
export const payloadType = {
  ipmi: 0x00,
  sol: 0x01,
  openSessionRequest: 0x10,
  openSessionResponse: 0x11,
  rakp1: 0x12,
  rakp2: 0x13,
  rakp3: 0x14,
  rakp4: 0x15,
} as const;

/** An RMCP+ session header with its payload, as it is on the wire. */
export interface RmcpPlusMessage {
  payloadType: number;
  encrypted: boolean;
  authenticated: boolean;
  /** 0 before the session is there. */
  sessionId: number;
  /** 0 before the session is there. */
  sequence: number;
  /** Still encrypted if `encrypted`. */
  payload: Uint8Array;
}

/** The bytes from the authentication type to the payload: what the integrity trailer is put behind. */
export function encodeRmcpPlus(message: RmcpPlusMessage): Uint8Array {
  const type =
    message.payloadType |
    (message.encrypted ? encryptedBit : 0) |
    (message.authenticated ? authenticatedBit : 0);
  const length = message.payload.length;
  return concat(
    [authTypeRmcpPlus, type],
    uint32(message.sessionId),
    uint32(message.sequence),
    [length & 0xff, length >> 8],
    message.payload,
  );
}

/**
 * @returns the header and payload, and how many bytes they took: an integrity trailer follows in an authenticated one.
 * @throws DecodeError
 */
export function decodeRmcpPlus(bytes: Uint8Array): { message: RmcpPlusMessage; length: number } {
  requireLength(bytes, headerLength, 'RMCP+ header');
  const authType = byteAt(bytes, 0, 'RMCP+ header');
  if (authType !== authTypeRmcpPlus) throw new DecodeError(`RMCP+ header: authentication type ${authType}`);
  const type = byteAt(bytes, 1, 'RMCP+ header');
  if ((type & typeMask) === 0x02) throw new DecodeError('RMCP+ header: OEM payload');
  const view = viewOf(bytes);
  const length = headerLength + view.getUint16(10, true);
  requireLength(bytes, length, 'RMCP+ payload');
  return {
    message: {
      payloadType: type & typeMask,
      encrypted: (type & encryptedBit) !== 0,
      authenticated: (type & authenticatedBit) !== 0,
      sessionId: view.getUint32(2, true),
      sequence: view.getUint32(6, true),
      payload: bytes.subarray(headerLength, length),
    },
    length,
  };
}

/** A message outside any session, in the format of IPMI 1.5 that every BMC understands (table 13-8). */
export function encodeSessionless(payload: Uint8Array): Uint8Array {
  return concat([authTypeNone], uint32(0), uint32(0), [payload.length], payload);
}

/** @throws DecodeError */
export function decodeSessionless(bytes: Uint8Array): Uint8Array {
  requireLength(bytes, 10, 'IPMI 1.5 header');
  const authType = byteAt(bytes, 0, 'IPMI 1.5 header');
  if (authType !== authTypeNone) throw new DecodeError(`IPMI 1.5 header: authentication type ${authType}`);
  const length = byteAt(bytes, 9, 'IPMI 1.5 header');
  requireLength(bytes, 10 + length, 'IPMI 1.5 payload');
  return bytes.subarray(10, 10 + length);
}
