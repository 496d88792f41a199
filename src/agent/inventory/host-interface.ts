import { DecodeError } from '../../errors/decode-error.ts';
import type { SmbiosStructure } from './smbios.ts';

/** How an end of a host interface gets its address (DSP0270, table "Redfish over IP protocol-specific data"). */
export type IpAssignment = 'Unknown' | 'Static' | 'Dhcp' | 'AutoConfig' | 'HostSelected';

/** One end of the connection between the machine and the Redfish service of its BMC. */
export interface InterfaceEnd {
  assignment: IpAssignment;
  /** Absent when it is not known beforehand. */
  address?: string;
  /** Length of the subnet's prefix. */
  prefix?: number;
}

/** A network card by which the machine reaches the Redfish service of its own BMC (DSP0270). */
export interface RedfishHostInterface {
  device: {
    kind: 'Usb' | 'Pci';
    vendor: number;
    product: number;
    /** Lower case, with colons. */
    mac?: string;
  };
  host: InterfaceEnd;
  service: InterfaceEnd & { port: number; vlan: number; hostname?: string };
}

/** Management Controller Host Interface: a network card, and of its protocols Redfish over IP. */
const hostInterfaceType = 42;
const networkInterface = 0x40;
const redfishOverIp = 0x04;

const assignments: Readonly<Record<number, IpAssignment>> = {
  1: 'Static',
  2: 'Dhcp',
  3: 'AutoConfig',
  4: 'HostSelected',
};

/** The Redfish host interfaces in the firmware's table. @throws DecodeError when a length runs over its structure */
export function redfishHostInterfaces(structures: readonly SmbiosStructure[]): RedfishHostInterface[] {
  return structures
    .filter(({ type }) => type === hostInterfaceType)
    .flatMap((structure) => decodeHostInterface(structure.data) ?? []);
}

/**
 * The formatted area of a structure of type 42, header included (DSP0134 section 7.43, DSP0270 section 8). Little-endian.
 *
 * @returns undefined when it is no network card, or none that speaks Redfish
 * @throws DecodeError when a length runs over the end
 */
export function decodeHostInterface(data: Uint8Array): RedfishHostInterface | undefined {
  if (byte(data, 4) !== networkInterface) return undefined;
  const length = byte(data, 5);
  const device = decodeDevice(part(data, 6, length));
  let at = 6 + length + 1;
  for (let records = byte(data, 6 + length); records > 0; records -= 1) {
    const size = byte(data, at + 1);
    const record = part(data, at + 2, size);
    if (byte(data, at) === redfishOverIp && device !== undefined) return { device, ...decodeOverIp(record) };
    at += 2 + size;
  }
  return undefined;
}

/** Device descriptors: USB (2) and PCI (3), and their second versions (4, 5), which begin with a length and have a MAC address. */
function decodeDevice(data: Uint8Array): RedfishHostInterface['device'] | undefined {
  switch (data[0]) {
    case 2:
      return { kind: 'Usb', vendor: word(data, 1), product: word(data, 3) };
    case 3:
      return { kind: 'Pci', vendor: word(data, 1), product: word(data, 3) };
    case 4:
      return { kind: 'Usb', vendor: word(data, 2), product: word(data, 4), ...macAt(data, 7) };
    case 5:
      return { kind: 'Pci', vendor: word(data, 2), product: word(data, 4), ...macAt(data, 10) };
    default:
      return undefined;
  }
}

function macAt(data: Uint8Array, at: number): { mac?: string } {
  const bytes = part(data, at, 6);
  if (bytes.every((value) => value === 0) || bytes.every((value) => value === 0xff)) return {};
  return { mac: Array.from(bytes, (value) => value.toString(16).padStart(2, '0')).join(':') };
}

function decodeOverIp(record: Uint8Array): Pick<RedfishHostInterface, 'host' | 'service'> {
  const name = new TextDecoder('latin1').decode(part(record, 91, byte(record, 90))).replace(/\0.*$/s, '');
  const isName = /^[A-Za-z0-9.:_-]+$/.test(name);
  return {
    host: decodeEnd(record, 16),
    service: {
      ...decodeEnd(record, 50),
      port: word(record, 84) || 443,
      vlan: word(record, 86) & 0xfff,
      ...(isName ? { hostname: name } : {}),
    },
  };
}

/** Assignment, format, address and mask of one end; an address of zeros is none. */
function decodeEnd(record: Uint8Array, at: number): InterfaceEnd {
  const assignment = assignments[byte(record, at)] ?? 'Unknown';
  const size = byte(record, at + 1) === 1 ? 4 : byte(record, at + 1) === 2 ? 16 : 0;
  const address = part(record, at + 2, size);
  const mask = part(record, at + 18, size);
  if (address.every((value) => value === 0)) return { assignment };
  const prefix = prefixOf(mask);
  return { assignment, address: ipText(address), ...(prefix === undefined ? {} : { prefix }) };
}

/** Undefined for zeros, and for a mask with holes. */
function prefixOf(mask: Uint8Array): number | undefined {
  const bits = Array.from(mask, (value) => value.toString(2).padStart(8, '0')).join('');
  return /^1+0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}

function ipText(address: Uint8Array): string {
  if (address.length === 4) return address.join('.');
  const groups = Array.from({ length: 8 }, (_, group) =>
    (((address[group * 2] ?? 0) << 8) | (address[group * 2 + 1] ?? 0)).toString(16),
  );
  return groups.join(':');
}

function byte(data: Uint8Array, at: number): number {
  const value = data[at];
  if (value === undefined) throw new DecodeError(`host interface: ends before byte ${at}`);
  return value;
}

function word(data: Uint8Array, at: number): number {
  return byte(data, at) | (byte(data, at + 1) << 8);
}

function part(data: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length > data.length) throw new DecodeError(`host interface: ends before byte ${at + length}`);
  return data.subarray(at, at + length);
}
