import { byteAt, dwordAt, type SmbiosStructure, stringAt, wordAt } from './smbios.ts';
import type { Dimm, Firmware, SystemIdentity } from './types.ts';

/** BIOS information (type 0). */
export function firmwareOf(
  structures: readonly SmbiosStructure[],
): Pick<Firmware, 'vendor' | 'version' | 'date'> {
  const bios = structures.find(({ type }) => type === 0);
  if (bios === undefined) return {};
  return { vendor: stringAt(bios, 4), version: stringAt(bios, 5), date: stringAt(bios, 8) };
}

/** System (type 1), base board (2) and chassis (3). */
export function systemOf(structures: readonly SmbiosStructure[]): SystemIdentity {
  const system = structures.find(({ type }) => type === 1);
  const board = structures.find(({ type }) => type === 2);
  const chassis = structures.find(({ type }) => type === 3);
  return {
    uuid: system === undefined ? undefined : uuidOf(system),
    vendor: system === undefined ? undefined : stringAt(system, 4),
    product: system === undefined ? undefined : stringAt(system, 5),
    version: system === undefined ? undefined : stringAt(system, 6),
    serial: system === undefined ? undefined : stringAt(system, 7),
    boardVendor: board === undefined ? undefined : stringAt(board, 4),
    boardProduct: board === undefined ? undefined : stringAt(board, 5),
    chassisType: chassis === undefined ? undefined : chassisTypes[(byteAt(chassis, 5) ?? 0) & 0x7f],
  };
}

/** Since SMBIOS 2.6 the first three fields of the UUID are little-endian (section 7.2.1). All zeros or ones: not set. */
function uuidOf(system: SmbiosStructure): string | undefined {
  const raw = system.data.subarray(8, 24);
  if (raw.length < 16 || raw.every((byte) => byte === 0) || raw.every((byte) => byte === 0xff))
    return undefined;
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  const hex = order.map((index) => (raw[index] ?? 0).toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Memory devices (type 17) that hold a module. */
export function dimmsOf(structures: readonly SmbiosStructure[]): Dimm[] {
  return structures.filter(({ type }) => type === 17).flatMap((device) => dimmOf(device) ?? []);
}

function dimmOf(device: SmbiosStructure): Dimm | undefined {
  const sizeMiB = dimmSizeMiB(device);
  if (sizeMiB === undefined) return undefined;
  const slot = stringAt(device, 0x10) ?? stringAt(device, 0x11) ?? `0x${device.handle.toString(16)}`;
  const speed = wordAt(device, 0x20) || wordAt(device, 0x15);
  return {
    slot,
    sizeMiB,
    type: memoryTypes[byteAt(device, 0x12) ?? 0],
    speedMHz: speed === undefined || speed === 0 || speed === 0xffff ? undefined : speed,
    manufacturer: stringAt(device, 0x17),
    serial: stringAt(device, 0x18),
    partNumber: stringAt(device, 0x1a),
  };
}

/** Section 7.18: 0 no module, 0xffff unknown, bit 15 KiB instead of MiB, 0x7fff see the extended size. */
function dimmSizeMiB(device: SmbiosStructure): number | undefined {
  const size = wordAt(device, 0x0c) ?? 0;
  if (size === 0 || size === 0xffff) return undefined;
  if (size === 0x7fff) return (dwordAt(device, 0x1c) ?? 0) & 0x7fffffff || undefined;
  return size & 0x8000 ? Math.floor((size & 0x7fff) / 1024) || undefined : size;
}

/** MHz that a processor (type 4) of the firmware's table can reach at most, by its place in the table. */
export function processorSpeedsOf(structures: readonly SmbiosStructure[]): number[] {
  return structures.filter(({ type }) => type === 4).map((processor) => wordAt(processor, 0x14) ?? 0);
}

/** TPM device (type 43): major and minor version of the specification. */
export function tpmVersionOf(structures: readonly SmbiosStructure[]): string | undefined {
  const tpm = structures.find(({ type }) => type === 43);
  const [major, minor] = tpm === undefined ? [] : [byteAt(tpm, 8), byteAt(tpm, 9)];
  return major === undefined || minor === undefined ? undefined : `${major}.${minor}`;
}

/** Section 7.4.1; the types that a machine in a rack has. */
const chassisTypes: Readonly<Record<number, string>> = {
  1: 'Other',
  3: 'Desktop',
  4: 'LowProfileDesktop',
  6: 'MiniTower',
  7: 'Tower',
  9: 'Laptop',
  10: 'Notebook',
  13: 'AllInOne',
  17: 'MainServerChassis',
  23: 'RackMount',
  24: 'SealedCase',
  25: 'MultiSystem',
  28: 'Blade',
  29: 'BladeEnclosure',
  34: 'EmbeddedPC',
  35: 'MiniPC',
};

/** Section 7.18.2. */
const memoryTypes: Readonly<Record<number, string>> = {
  7: 'RAM',
  15: 'SDRAM',
  18: 'DDR',
  19: 'DDR2',
  24: 'DDR3',
  26: 'DDR4',
  27: 'LPDDR',
  30: 'LPDDR4',
  31: 'NVDIMM',
  32: 'HBM',
  33: 'HBM2',
  34: 'DDR5',
  35: 'LPDDR5',
};
