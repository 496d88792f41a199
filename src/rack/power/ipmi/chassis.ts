import type { PowerState } from '../driver.ts';
import { byteAt } from './bytes.ts';
import { type IpmiRequest, netFn } from './lan-message.ts';

/** Get Chassis Status (IPMI 2.0, table 28-3). */
export const chassisStatusRequest: IpmiRequest = {
  netFn: netFn.chassis,
  command: 0x01,
  data: Uint8Array.of(),
};

/** @param data of the response, behind the completion code. @throws DecodeError */
export function decodeChassisStatus(data: Uint8Array): PowerState {
  return (byteAt(data, 0, 'chassis status') & 0x01) === 1 ? 'On' : 'Off';
}

const chassisControls = { PowerDown: 0x00, PowerUp: 0x01, SoftOff: 0x05 } as const;

/** Chassis Control (table 28-4): power up, power down without asking the operating system, or ask it by ACPI. */
export function chassisControlRequest(control: keyof typeof chassisControls): IpmiRequest {
  return { netFn: netFn.chassis, command: 0x02, data: Uint8Array.of(chassisControls[control]) };
}

/** Set System Boot Options (table 28-10), of one parameter of table 28-14. */
export function setBootOption(parameter: number, ...data: number[]): IpmiRequest {
  return { netFn: netFn.chassis, command: 0x08, data: Uint8Array.of(parameter, ...data) };
}

/** Parameter 0, Set In Progress: others keep off while the options are written. */
export const bootOptionsBegin = setBootOption(0, 0x01);
export const bootOptionsComplete = setBootOption(0, 0x00);

/** Parameter 3: the valid bit of the boot flags is not cleared when no power command comes within 60 s. */
export const bootFlagsKeepValid = setBootOption(3, 0x08);

/** Parameter 4, Boot Info Acknowledge: the firmware has not yet handled what is set now. */
export const bootInfoAcknowledge = setBootOption(4, 0x01, 0x01);

/** Boot device selectors of parameter 5. `SupermicroUefiDisk`: what its firmware takes for Disk in UEFI mode. */
export const bootSelectors = { Network: 0x04, Disk: 0x08, SupermicroUefiDisk: 0x24 } as const;

const flagsValid = 0x80;
const flagsEfi = 0x20;

/** Parameter 5, Boot Flags: valid, for the next boot only. */
export function bootFlags(selector: keyof typeof bootSelectors, uefi: boolean): IpmiRequest {
  return setBootOption(5, flagsValid | (uefi ? flagsEfi : 0), bootSelectors[selector], 0, 0, 0);
}

/** Get Device ID (table 20-1). */
export const deviceIdRequest: IpmiRequest = { netFn: netFn.app, command: 0x01, data: Uint8Array.of() };

/** The IANA enterprise number of the BMC's maker, from a Get Device ID response. @throws DecodeError */
export function decodeManufacturer(data: Uint8Array): number {
  const what = 'device ID';
  return byteAt(data, 6, what) | (byteAt(data, 7, what) << 8) | ((byteAt(data, 8, what) & 0x0f) << 16);
}
