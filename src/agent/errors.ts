import { CodedError, type CodedErrorOptions } from '../errors/coded-error.ts';
import type { FailureReason } from './contract.ts';

/** Everything that can end a task. The code is the reason that the rack, and then a condition, shows. */
export const agentErrors = {
  ImageDigestMismatch: 'check the digest of the BootImage and that its source still serves the same file',
  ImageTooLarge: 'choose a smaller image, a larger disk, or other root disk hints',
  RootDiskNotFound: 'check the root disk hints against the disks of the MachineInventory',
  ImageFetchFailed: 'check that the rack is up and holds the image',
  ImageCorrupt: 'the file is not what its format says: build or import the image again',
  DiskWriteFailed: 'the disk or its controller fails: look at its health, replace it if it happens again',
  SeedFailed:
    'the image must hold one root file system that Linux mounts (ext4, xfs, btrfs) with an /etc/os-release',
  BootEntryFailed: 'the firmware refused the boot entry: reset its boot settings, or update it',
  EraseFailed:
    'the disk was not erased: look at its health, erase or replace it by hand before it is used again',
  InventoryFailed: 'the hardware could not be read: look at the console of the machine',
  TestFailed: 'the hardware is not as it should be: repair or replace the part, then test again',
  RescueFailed: 'nobody can log in: give at least one SSH public key, look at the console of the machine',
} as const satisfies Record<FailureReason, string>;

export type AgentErrorCode = FailureReason;

/** @param seen what was expected and what was observed, in words; the advice of the table is added. */
export function agentError(
  code: AgentErrorCode,
  seen: string,
  options?: CodedErrorOptions,
): CodedError<AgentErrorCode> {
  return new CodedError(code, `${seen}: ${agentErrors[code]}`, options);
}

/** True for what `agentError` made. */
export function isAgentError(thrown: unknown): thrown is CodedError<AgentErrorCode> {
  return thrown instanceof CodedError && Object.hasOwn(agentErrors, thrown.code);
}
