import { ipv4FromNumber } from '../../domain/net/address.ts';

/** How an option's bytes are read. `ips` is any number of addresses, `u…` big-endian. */
export type OptionType = 'ip' | 'ips' | 'text' | 'u8' | 'u16' | 'u16s' | 'u32' | 'bytes' | 'flag';

/** One row of the table: IANA's code, its meaning, and how to read it. */
export interface OptionRow {
  code: number;
  type: OptionType;
}

/** The options that the rack reads or writes, by name. RFC 2132 unless said. */
export const option = {
  subnetMask: { code: 1, type: 'ip' },
  router: { code: 3, type: 'ips' },
  dnsServers: { code: 6, type: 'ips' },
  hostName: { code: 12, type: 'text' },
  domainName: { code: 15, type: 'text' },
  interfaceMtu: { code: 26, type: 'u16' },
  broadcastAddress: { code: 28, type: 'ip' },
  ntpServers: { code: 42, type: 'ips' },
  vendorSpecific: { code: 43, type: 'bytes' },
  requestedAddress: { code: 50, type: 'ip' },
  leaseTime: { code: 51, type: 'u32' },
  overload: { code: 52, type: 'u8' },
  messageType: { code: 53, type: 'u8' },
  serverIdentifier: { code: 54, type: 'ip' },
  parameterList: { code: 55, type: 'bytes' },
  message: { code: 56, type: 'text' },
  maximumSize: { code: 57, type: 'u16' },
  renewalTime: { code: 58, type: 'u32' },
  rebindingTime: { code: 59, type: 'u32' },
  vendorClass: { code: 60, type: 'text' },
  clientIdentifier: { code: 61, type: 'bytes' },
  tftpServerName: { code: 66, type: 'text' },
  bootFileName: { code: 67, type: 'text' },
  /** RFC 3004; iPXE, dhclient and others send plain text instead of the counted strings. */
  userClass: { code: 77, type: 'bytes' },
  /** RFC 4702. */
  clientFqdn: { code: 81, type: 'bytes' },
  /** RFC 3046. */
  relayAgent: { code: 82, type: 'bytes' },
  /** RFC 4578, 2.1. */
  architecture: { code: 93, type: 'u16s' },
  /** RFC 4578, 2.2. */
  networkInterface: { code: 94, type: 'bytes' },
  /** RFC 4578, 2.3. */
  machineIdentifier: { code: 97, type: 'bytes' },
  /** RFC 3011. */
  subnetSelection: { code: 118, type: 'ip' },
  /** RFC 3397. */
  domainSearch: { code: 119, type: 'bytes' },
  /** RFC 3442. */
  classlessRoutes: { code: 121, type: 'bytes' },
  /** RFC 5859. */
  tftpServers: { code: 150, type: 'ips' },
  /** Etherboot's and iPXE's own. */
  ipxe: { code: 175, type: 'bytes' },
} as const satisfies Record<string, OptionRow>;

/** DHCP message types (RFC 2132, 9.6). */
export const messageType = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

/** iPXE's feature number of HTTP, as its encapsulated options give it. */
const ipxeHttp = 0x13;

type Options = ReadonlyMap<number, Uint8Array>;

/** The first number of an `u8`, `u16`, `u16s`, `u32`, `ip` or `ips` option; undefined when absent or too short. */
export function readNumber(options: Options, row: OptionRow): number | undefined {
  const bytes = options.get(row.code);
  const size = widths[row.type];
  if (bytes === undefined || size === undefined || bytes.length < size) return undefined;
  let value = 0;
  for (let index = 0; index < size; index += 1) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

/** Text without the NULs that some clients end it with. Bytes above 127 are read as Latin-1: nothing is lost or thrown. */
export function readText(options: Options, row: OptionRow): string | undefined {
  const bytes = options.get(row.code);
  return bytes === undefined ? undefined : latin1(bytes);
}

function latin1(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  let text = '';
  for (let index = 0; index < end; index += 1) text += String.fromCharCode(bytes[index] ?? 0);
  return text;
}

/** Four bytes. */
export function ipBytes(address: number): Uint8Array {
  return u32Bytes(address);
}

/** Four bytes for each. */
export function ipsBytes(addresses: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(addresses.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, address] of addresses.entries()) view.setUint32(index * 4, address);
  return bytes;
}

export function u32Bytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

export function u16Bytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

/** Latin-1, with a NUL at the end where the client wants one. */
export function textBytes(text: string, nul = false): Uint8Array {
  const bytes = new Uint8Array(text.length + (nul ? 1 : 0));
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/**
 * The user classes (option 77). Counted strings as RFC 3004 wants them, or the plain text that iPXE and older dhclients
 * send: it is plain text unless the counts cover it exactly.
 */
export function readUserClasses(options: Options): string[] {
  const bytes = options.get(option.userClass.code);
  if (bytes === undefined || bytes.length === 0) return [];
  const classes: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = bytes[at] || bytes.length;
    if (at + 1 + length <= bytes.length) classes.push(latin1(bytes.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return at === bytes.length ? classes : [latin1(bytes)];
}

/** Whether option 175 says that iPXE is asking, and that it can load by HTTP: whatever user class its script has set. */
export function hasIpxeHttp(options: Options): boolean {
  const bytes = options.get(option.ipxe.code);
  if (bytes === undefined) return false;
  for (let at = 0; at + 1 < bytes.length; at += 2 + (bytes[at + 1] ?? 0)) {
    if (bytes[at] === ipxeHttp) return true;
  }
  return false;
}

/** Option 97 as the lower-case UUID that dmidecode prints: the first three fields are little-endian (SMBIOS 2.6). */
export function readMachineUuid(options: Options): string | undefined {
  const bytes = options.get(option.machineIdentifier.code);
  if (bytes === undefined || bytes.length !== 17 || bytes[0] !== 0) return undefined;
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  const hex = order.map((index) => (bytes[index + 1] ?? 0).toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** One line for logs and failing tests: the known options by name. */
export function describeOptions(options: Options): string {
  const names = new Map(Object.entries(option).map(([name, row]) => [row.code as number, { name, row }]));
  return [...options]
    .map(([code, bytes]) => {
      const known = names.get(code);
      return known ? `${known.name}=${describe(options, known.row, bytes)}` : `${code}=${hex(bytes)}`;
    })
    .join(' ');
}

const widths: Partial<Record<OptionType, number>> = { u8: 1, u16: 2, u16s: 2, u32: 4, ip: 4, ips: 4 };

function describe(options: Options, row: OptionRow, bytes: Uint8Array): string {
  const number = readNumber(options, row);
  if (number !== undefined) return row.type.startsWith('ip') ? ipv4FromNumber(number) : String(number);
  return row.type === 'text' ? JSON.stringify(readText(options, row)) : hex(bytes);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
