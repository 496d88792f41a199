import { DecodeError } from '../../../errors/decode-error.ts';
import { byteAt, concat, requireLength, uint32, viewOf } from './bytes.ts';

/** Bit of the role byte: the user is looked up by its name alone, not by name and privilege (table 13-11). */
export const nameOnlyLookup = 0x10;

export interface Rakp1 {
  tag: number;
  bmcSessionId: number;
  /** 16 bytes. */
  consoleRandom: Uint8Array;
  role: number;
  /** At most 16 bytes. */
  username: Uint8Array;
}

/** RAKP Message 1 (IPMI 2.0, table 13-11). */
export function encodeRakp1(message: Rakp1): Uint8Array {
  return concat(
    [message.tag, 0, 0, 0],
    uint32(message.bmcSessionId),
    message.consoleRandom,
    [message.role, 0, 0, message.username.length],
    message.username,
  );
}

export interface Rakp2 {
  tag: number;
  /** RMCP+ status code; the fields behind it have a meaning when it is 0. */
  status: number;
  consoleSessionId: number;
  /** 16 bytes. */
  bmcRandom: Uint8Array;
  /** 16 bytes, as sent. */
  guid: Uint8Array;
  /** The whole HMAC: its length is that of the hash. */
  authCode: Uint8Array;
}

/** RAKP Message 2 (table 13-12): a refusal may be shorter. @throws DecodeError */
export function decodeRakp2(payload: Uint8Array): Rakp2 {
  const { tag, status, consoleSessionId } = decodeHead(payload, 'RAKP 2');
  if (status !== 0) {
    const none = new Uint8Array();
    return { tag, status, consoleSessionId, bmcRandom: none, guid: none, authCode: none };
  }
  requireLength(payload, 40, 'RAKP 2');
  return {
    tag,
    status,
    consoleSessionId,
    bmcRandom: payload.subarray(8, 24),
    guid: payload.subarray(24, 40),
    authCode: payload.subarray(40),
  };
}

export interface Rakp3 {
  tag: number;
  /** Other than 0: we end the handshake, and say why. */
  status: number;
  bmcSessionId: number;
  authCode: Uint8Array;
}

/** RAKP Message 3 (table 13-13). */
export function encodeRakp3(message: Rakp3): Uint8Array {
  return concat([message.tag, message.status, 0, 0], uint32(message.bmcSessionId), message.authCode);
}

export interface Rakp4 {
  tag: number;
  status: number;
  consoleSessionId: number;
  /** The truncated HMAC over the session: empty in a refusal. */
  integrityCheck: Uint8Array;
}

/** RAKP Message 4 (table 13-14). @throws DecodeError */
export function decodeRakp4(payload: Uint8Array): Rakp4 {
  return { ...decodeHead(payload, 'RAKP 4'), integrityCheck: payload.subarray(8) };
}

/** The other direction, for BMC simulators: @throws DecodeError */
export function decodeRakp1(payload: Uint8Array): Rakp1 {
  requireLength(payload, 28, 'RAKP 1');
  const length = byteAt(payload, 27, 'RAKP 1');
  requireLength(payload, 28 + length, 'RAKP 1');
  return {
    tag: byteAt(payload, 0, 'RAKP 1'),
    bmcSessionId: viewOf(payload).getUint32(4, true),
    consoleRandom: payload.subarray(8, 24),
    role: byteAt(payload, 24, 'RAKP 1'),
    username: payload.subarray(28, 28 + length),
  };
}

/** The other direction, for BMC simulators. A refusal is short. */
export function encodeRakp2(message: Rakp2): Uint8Array {
  const head = concat([message.tag, message.status, 0, 0], uint32(message.consoleSessionId));
  return message.status === 0 ? concat(head, message.bmcRandom, message.guid, message.authCode) : head;
}

/** The other direction, for BMC simulators: @throws DecodeError */
export function decodeRakp3(payload: Uint8Array): Rakp3 {
  requireLength(payload, 8, 'RAKP 3');
  return {
    tag: byteAt(payload, 0, 'RAKP 3'),
    status: byteAt(payload, 1, 'RAKP 3'),
    bmcSessionId: viewOf(payload).getUint32(4, true),
    authCode: payload.subarray(8),
  };
}

/** The other direction, for BMC simulators. */
export function encodeRakp4(message: Rakp4): Uint8Array {
  const { tag, status, consoleSessionId, integrityCheck } = message;
  return concat([tag, status, 0, 0], uint32(consoleSessionId), integrityCheck);
}

function decodeHead(
  payload: Uint8Array,
  what: string,
): { tag: number; status: number; consoleSessionId: number } {
  const status = byteAt(payload, 1, what);
  if (status === 0 && payload.length < 8) throw new DecodeError(`${what}: ${payload.length} bytes`);
  return {
    tag: byteAt(payload, 0, what),
    status,
    consoleSessionId: payload.length >= 8 ? viewOf(payload).getUint32(4, true) : 0,
  };
}
