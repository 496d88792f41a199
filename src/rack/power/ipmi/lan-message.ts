import { DecodeError } from '../../../errors/decode-error.ts';
import { byteAt, concat, requireLength } from './bytes.ts';

/** The BMC's slave address, and ours as remote console software (IPMI 2.0, tables 5-4 and 13-8). */
export const bmcAddress = 0x20;
export const consoleAddress = 0x81;

/** Network functions of requests; a response has the next odd number (table 5-1). */
export const netFn = { chassis: 0x00, app: 0x06, storage: 0x0a } as const;

/** A command to the BMC. */
export interface IpmiRequest {
  netFn: number;
  command: number;
  data: Uint8Array;
}

/** What the BMC says to a command. `completionCode` 0: done (table 5-2). */
export interface IpmiResponse {
  netFn: number;
  command: number;
  /** 6 bits: that of the request. */
  sequence: number;
  completionCode: number;
  data: Uint8Array;
}

/** An IPMI LAN request message with its two checksums (table 13-8); on an IPMB it looks the same. `sequence`: 6 bits. */
export function encodeLanRequest(
  request: IpmiRequest,
  sequence: number,
  to = bmcAddress,
  from = consoleAddress,
): Uint8Array {
  const header = [to, (request.netFn << 2) & 0xff];
  const body = concat([from, (sequence << 2) & 0xff, request.command], request.data);
  return concat(header, [checksum(header)], body, [checksum(body)]);
}

/** @throws DecodeError when it is short, a checksum is wrong, or it is not a response to us. */
export function decodeLanResponse(
  message: Uint8Array,
  us: readonly number[] = [consoleAddress],
): IpmiResponse {
  requireLength(message, 8, 'LAN response');
  const header = message.subarray(0, 2);
  const body = message.subarray(3, -1);
  if (checksum(header) !== message[2]) throw new DecodeError('LAN response: wrong header checksum');
  if (checksum(body) !== message.at(-1)) throw new DecodeError('LAN response: wrong checksum');
  const to = byteAt(message, 0, 'LAN response');
  if (!us.includes(to)) throw new DecodeError(`LAN response: addressed to ${to}`);
  const responseNetFn = byteAt(message, 1, 'LAN response') >> 2;
  if ((responseNetFn & 1) === 0) throw new DecodeError('LAN response: is a request');
  return {
    netFn: responseNetFn & ~1,
    command: byteAt(message, 5, 'LAN response'),
    sequence: byteAt(message, 4, 'LAN response') >> 2,
    completionCode: byteAt(message, 6, 'LAN response'),
    data: message.subarray(7, -1),
  };
}

/** The other direction, for BMC simulators: @throws DecodeError */
export function decodeLanRequest(message: Uint8Array): IpmiRequest & { sequence: number } {
  requireLength(message, 7, 'LAN request');
  if (
    checksum(message.subarray(0, 2)) !== message[2] ||
    checksum(message.subarray(3, -1)) !== message.at(-1)
  ) {
    throw new DecodeError('LAN request: wrong checksum');
  }
  return {
    netFn: byteAt(message, 1, 'LAN request') >> 2,
    command: byteAt(message, 5, 'LAN request'),
    sequence: byteAt(message, 4, 'LAN request') >> 2,
    data: message.subarray(6, -1),
  };
}

/** The other direction, for BMC simulators. */
export function encodeLanResponse(
  response: IpmiResponse,
  to = consoleAddress,
  from = bmcAddress,
): Uint8Array {
  const header = [to, ((response.netFn | 1) << 2) & 0xff];
  const body = concat(
    [from, (response.sequence << 2) & 0xff, response.command, response.completionCode],
    response.data,
  );
  return concat(header, [checksum(header)], body, [checksum(body)]);
}

/** What, added to the bytes, gives 0 modulo 256 (section 13.8). */
function checksum(bytes: Iterable<number>): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}
