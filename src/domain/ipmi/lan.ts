import { DecodeError } from '../../errors/decode-error.ts';
import { byteOf, type IpmiRequest, netFns } from './message.ts';
import { userPrivileges } from './users.ts';

/** Parameters of a LAN channel that are read or set (IPMI 2.0, table 23-4). */
export const lanParameters = {
  address: 3,
  cipherSuiteCount: 22,
  cipherSuites: 23,
  cipherPrivileges: 24,
} as const;

/** Get LAN Configuration Parameters (section 23.2). */
export function getLanParameter(channel: number, parameter: number): IpmiRequest {
  return {
    netFn: netFns.transport,
    command: 0x02,
    data: Uint8Array.of(channel & 0x0f, parameter, 0, 0),
  };
}

/** Set LAN Configuration Parameters (section 23.1). */
export function setLanParameter(channel: number, parameter: number, data: Uint8Array): IpmiRequest {
  return {
    netFn: netFns.transport,
    command: 0x01,
    data: Uint8Array.of(channel & 0x0f, parameter, ...data),
  };
}

/** The data of a parameter, behind its revision. @throws DecodeError when there is not even that */
export function parameterData(data: Uint8Array): Uint8Array {
  byteOf(data, 0, 'LAN parameter');
  return data.subarray(1);
}

/** An IPv4 address, most significant byte first; undefined while the BMC has none. @throws DecodeError */
export function decodeLanAddress(data: Uint8Array): string | undefined {
  const bytes = [0, 1, 2, 3].map((index) => byteOf(data, index, 'LAN address'));
  const text = bytes.join('.');
  return text === '0.0.0.0' || text === '255.255.255.255' ? undefined : text;
}

/** The BMC's cipher suites, in the order of their privilege levels. @throws DecodeError */
export function decodeCipherSuites(count: Uint8Array, entries: Uint8Array): number[] {
  const many = byteOf(count, 0, 'number of cipher suites') & 0x1f;
  if (many > 16) throw new DecodeError(`number of cipher suites: ${many}`);
  return Array.from({ length: many }, (_, index) => byteOf(entries, index + 1, 'cipher suites'));
}

/** The highest privilege of each cipher suite, by its place; 0: not usable. 16 of them. @throws DecodeError */
export function decodeCipherPrivileges(data: Uint8Array): number[] {
  return Array.from({ length: 16 }, (_, index) => {
    const pair = byteOf(data, 1 + (index >> 1), 'cipher suite privileges');
    return index % 2 === 0 ? pair & 0x0f : pair >> 4;
  });
}

/** The other direction: a reserved byte and eight pairs, the lower half first. */
export function encodeCipherPrivileges(levels: readonly number[]): Uint8Array {
  const data = new Uint8Array(9);
  for (const [index, level] of levels.slice(0, 16).entries()) {
    const at = 1 + (index >> 1);
    data[at] = (data[at] ?? 0) | ((level & 0x0f) << (index % 2 === 0 ? 0 : 4));
  }
  return data;
}

/**
 * The levels under which the wanted suites alone can be used, by anybody up to administrator.
 *
 * @returns undefined when the BMC has none of them: to switch all others off would lock everybody out
 */
export function onlyTheseSuites(
  suites: readonly number[],
  wanted: readonly number[],
): readonly number[] | undefined {
  if (!suites.some((suite) => wanted.includes(suite))) return undefined;
  return Array.from({ length: 16 }, (_, index) => {
    const suite = suites[index];
    return suite !== undefined && wanted.includes(suite) ? userPrivileges.Administrator : 0;
  });
}
