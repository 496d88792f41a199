import type { BootDevice, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import {
  bootFlags,
  bootFlagsKeepValid,
  bootInfoAcknowledge,
  bootOptionsBegin,
  bootOptionsComplete,
  type bootSelectors,
  decodeManufacturer,
  deviceIdRequest,
} from './chassis.ts';
import type { Send, TrySend } from './connection.ts';

/** IANA enterprise numbers under which Supermicro's BMCs are found. */
const supermicro: readonly number[] = [10_876, 47_488];

/**
 * Overrides the device of the next boot, once.
 * @throws CodedError<PowerErrorCode>
 */
export async function setBootDevice(
  device: BootDevice,
  bootMode: PowerTarget['bootMode'],
  send: Send,
  trySend: TrySend,
): Promise<void> {
  const uefi = bootMode === 'UEFI';
  const selector = await selectorOf(device, uefi, trySend);
  // BMCs may lack these three (completion code 0x80 or "invalid"); the boot flags decide.
  await trySend(bootOptionsBegin, 'Set Boot Options, begin');
  await trySend(bootFlagsKeepValid, 'Set Boot Options, no timeout');
  await trySend(bootInfoAcknowledge, 'Set Boot Options, acknowledge');
  try {
    await send(bootFlags(selector, uefi), `Set Boot Options, ${device}`);
  } finally {
    await trySend(bootOptionsComplete, 'Set Boot Options, complete');
  }
}

async function selectorOf(
  device: BootDevice,
  uefi: boolean,
  trySend: TrySend,
): Promise<keyof typeof bootSelectors> {
  if (device === 'UefiHttp' || device === 'VirtualMedia')
    throw powerError('BmcUnsupported', `IPMI has no boot device ${device}`);
  if (device === 'Network' || !uefi) return device;
  const identity = await trySend(deviceIdRequest, 'Get Device ID');
  return identity !== undefined && supermicro.includes(decodeManufacturer(identity))
    ? 'SupermicroUefiDisk'
    : 'Disk';
}
