import { DecodeError } from '../../../errors/decode-error.ts';
import { requireLength, viewOf } from '../../power/ipmi/bytes.ts';
import { type IpmiRequest, netFn } from '../../power/ipmi/lan-message.ts';
import { mostCharacters } from './payload.ts';

/** The payload type of SOL (IPMI 2.0, table 13-16), and the only instance that is used. */
const solPayload = 0x01;
const instance = 0x01;

/** Every packet encrypted and authenticated; alerts over the serial port deferred meanwhile (table 24-2). */
const protectedAndDeferred = 0x80 | 0x40 | 0x04;

/** Activate Payload (table 24-2). */
export const activateSol: IpmiRequest = {
  netFn: netFn.app,
  command: 0x48,
  data: Uint8Array.of(solPayload, instance, protectedAndDeferred, 0, 0, 0),
};

/** Deactivate Payload (table 24-3): also that of another session. */
export const deactivateSol: IpmiRequest = {
  netFn: netFn.app,
  command: 0x49,
  data: Uint8Array.of(solPayload, instance, 0, 0, 0, 0),
};

/** Get Payload Instance Info (table 24-5): which session has it. */
export const solOwner: IpmiRequest = {
  netFn: netFn.app,
  command: 0x4b,
  data: Uint8Array.of(solPayload, instance),
};

/** The session that has SOL; 0: none; undefined: it does not say. @param data of the response, behind the completion code */
export function decodeSolOwner(data: Uint8Array): number | undefined {
  return data.length < 4 ? undefined : viewOf(data).getUint32(0, true);
}

/** Get Device ID: a sign of life that every BMC answers (table 20-1). */
export const keepAlive: IpmiRequest = { netFn: netFn.app, command: 0x01, data: Uint8Array.of() };

/** Completion codes of Activate Payload (table 24-2). */
export const activation = {
  taken: 0x80,
  disabled: 0x81,
  limit: 0x82,
  noEncryption: 0x83,
} as const;

/** What the BMC says to Activate Payload. */
export interface Activation {
  /** Characters that a packet to the BMC may carry. */
  charactersToBmc: number;
}

const headerLength = 4;
/** Some BMCs name a size of 0, or one that they cannot take (a byte too many): this much each of them takes. */
const smallest = 1;
const whenUnknown = 64;

/** @param data of the response, behind the completion code. @throws DecodeError */
export function decodeActivation(data: Uint8Array): Activation {
  requireLength(data, 10, 'Activate Payload');
  const size = viewOf(data).getUint16(4, true);
  if (size === 0) return { charactersToBmc: whenUnknown };
  if (size < headerLength + smallest) throw new DecodeError(`Activate Payload: payloads of ${size} bytes`);
  return { charactersToBmc: Math.min(size - headerLength, mostCharacters) };
}
