import { DecodeError } from '../../errors/decode-error.ts';

/** A command to a BMC, whatever carries it. Numbers are bytes. */
export interface IpmiRequest {
  netFn: number;
  command: number;
  data: Uint8Array;
}

/** What the BMC says to it. `completionCode` 0: done (IPMI 2.0, table 5-2). */
export interface IpmiAnswer {
  completionCode: number;
  data: Uint8Array;
}

/** Network functions of requests (IPMI 2.0, table 5-1). */
export const netFns = { app: 0x06, transport: 0x0c } as const;

/** Makes a request of the App network function. */
export function appRequest(command: number, ...data: readonly number[]): IpmiRequest {
  return { netFn: netFns.app, command, data: Uint8Array.from(data) };
}

/** The byte at `index`. @throws DecodeError behind the end. */
export function byteOf(data: Uint8Array, index: number, what: string): number {
  const value = data[index];
  if (value === undefined) throw new DecodeError(`${what}: ends before byte ${index}`);
  return value;
}

/** The text as `length` bytes, zeros behind it. @throws RangeError when it does not fit. */
export function padded(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length > length) throw new RangeError(`${bytes.length} bytes where ${length} fit`);
  const field = new Uint8Array(length);
  field.set(bytes);
  return field;
}

/** What a completion code of the common table means, for messages (IPMI 2.0, table 5-2). */
export function completionWords(code: number): string {
  return completions[code] ?? `completion code 0x${code.toString(16).padStart(2, '0')}`;
}

const completions: Readonly<Record<number, string>> = {
  192: 'the BMC is busy',
  193: 'the BMC does not know the command',
  195: 'the BMC ran out of time',
  196: 'the BMC is out of space',
  199: 'the BMC wants another length',
  201: 'the BMC has no such number',
  204: 'the BMC takes no such value',
  212: 'the BMC refuses it: insufficient privilege or switched off by its policy',
  213: 'the BMC cannot do this in its present state',
};
