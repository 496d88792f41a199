import type { Files } from '../host/files.ts';
import type { SmbiosStructure } from './smbios.ts';
import { firmwareOf, systemOf, tpmVersionOf } from './smbios-read.ts';
import type { Firmware, Inventory, SystemIdentity } from './types.ts';

/** The EFI global variable namespace (UEFI specification, section 3.3). */
const globalVariables = '8be4df61-93ca-11d2-aa0d-00e098032b8c';

/** UEFI when the kernel was started by it, which is not the same as what the firmware can do. */
export async function readFirmwareMode(files: Files): Promise<'BIOS' | 'UEFI'> {
  return (await files.list('/sys/firmware/efi')).length > 0 ? 'UEFI' : 'BIOS';
}

export async function readFirmware(files: Files, structures: readonly SmbiosStructure[]): Promise<Firmware> {
  const mode = await readFirmwareMode(files);
  const secureBoot = await files.readBytes(`/sys/firmware/efi/efivars/SecureBoot-${globalVariables}`);
  return {
    mode,
    ...firmwareOf(structures),
    // Four bytes of attributes, then the value.
    secureBoot: mode === 'UEFI' && secureBoot !== undefined ? secureBoot[4] === 1 : undefined,
  };
}

/** Identity of the machine from SMBIOS; where the table cannot be read, from the kernel's copies of it. */
export async function readSystem(
  files: Files,
  structures: readonly SmbiosStructure[],
): Promise<SystemIdentity> {
  const system = systemOf(structures);
  const uuid = system.uuid ?? (await files.readText('/sys/class/dmi/id/product_uuid'))?.toLowerCase();
  return { ...system, uuid };
}

export async function readTpm(
  files: Files,
  structures: readonly SmbiosStructure[],
): Promise<Inventory['tpm']> {
  const major = await files.readText('/sys/class/tpm/tpm0/tpm_version_major');
  if (major === '2') return { version: '2.0' };
  if (major === '1') return { version: '1.2' };
  const version = tpmVersionOf(structures);
  return version === undefined ? undefined : { version };
}
