import { arch } from 'node:os';
import type { EnlistmentRequest } from '../contract.ts';
import { readNics } from '../inventory/nics.ts';
import type { Identity } from '../rack/client.ts';
import type { Files } from './files.ts';
import type { RunProgram } from './programs.ts';

/** The MAC addresses of the machine, the one that it booted from first, and its SMBIOS UUID. */
export async function readIdentity(files: Files, bootMac: string | undefined): Promise<Identity> {
  const macAddresses = [...new Set((await readNics(files, [])).map(({ mac }) => mac))];
  const uuid = (await files.readText('/sys/class/dmi/id/product_uuid'))?.toLowerCase();
  return {
    macAddresses: macAddresses
      .sort((one, other) => Number(other === bootMac) - Number(one === bootMac))
      .slice(0, 32),
    ...(uuid === undefined || uuid === '' ? {} : { systemUuid: uuid }),
  };
}

/** The architecture by its Debian name. */
export function readArchitecture(): EnlistmentRequest['architecture'] {
  return arch() === 'arm64' ? 'arm64' : 'amd64';
}

/** Waits until the kernel's events are worked off: drivers loaded, disks named. Late hardware does not hold the rest up. */
export async function settleHardware(run: RunProgram, signal?: AbortSignal): Promise<void> {
  await run('udevadm', ['settle', '--timeout=30'], signal === undefined ? {} : { signal });
}

/** Ends the ephemeral OS. Everything is on the disk by now, or not meant to be. */
export async function endMachine(run: RunProgram, how: 'Reboot' | 'PowerOff'): Promise<void> {
  await run('sync', []);
  await run(how === 'Reboot' ? 'reboot' : 'poweroff', ['-f']);
}
