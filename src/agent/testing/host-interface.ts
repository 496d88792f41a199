import type { SmbiosStructure } from '../inventory/smbios.ts';

/** What a Redfish-over-IP record says (DSP0270); each has a value that BMCs have. */
export interface OverIp {
  hostAssignment?: number;
  serviceAssignment?: number;
  /** 1: IPv4, 2: IPv6. */
  format?: number;
  host?: readonly number[];
  service?: readonly number[];
  mask?: readonly number[];
  port?: number;
  hostname?: string;
}

/** The bytes of a Redfish-over-IP record. */
export function overIp(differences: OverIp): number[] {
  const { hostAssignment = 1, serviceAssignment = 1, format = 1, port = 443 } = differences;
  const { host = [169, 254, 0, 18], service = [169, 254, 0, 17], mask = [255, 255, 0, 0] } = differences;
  const { hostname = 'bmc.internal' } = differences;
  const field = (bytes: readonly number[]): number[] => [...bytes, ...Array(16 - bytes.length).fill(0)];
  const uuid = Array.from({ length: 16 }, (_, index) => index);
  return [
    ...uuid,
    ...[hostAssignment, format, ...field(host), ...field(mask)],
    ...[serviceAssignment, format, ...field(service), ...field(mask)],
    ...[port & 0xff, port >> 8, 0, 0, 0, 0],
    ...[hostname.length, ...Buffer.from(hostname, 'latin1')],
  ];
}

/** Device data of a USB network card, second version. */
export function usbV2(mac: readonly number[] = [2, 0, 0, 0, 0, 0x2a]): number[] {
  return [4, 0x11, 0x6b, 0x04, 0xb0, 0xff, 0, ...mac, 1, 0, 0xff, 0xff];
}

/** The formatted area of a structure of type 42 with a network card. */
export function typeForty2(
  device: readonly number[],
  records: readonly (readonly [type: number, data: readonly number[]])[],
): Uint8Array {
  const protocols = records.flatMap(([type, data]) => [type, data.length, ...data]);
  const body = [0x40, device.length, ...device, records.length, ...protocols];
  return Uint8Array.from([42, body.length + 4, 0x2a, 0, ...body]);
}

/** A structure of type 42 whose ends are `differences`. */
export function hostInterfaceTable(differences: OverIp = {}): SmbiosStructure {
  const data = typeForty2(usbV2(), [[4, overIp(differences)]]);
  return { type: 42, handle: 0x2a, data, strings: [] };
}
