import type { EnlistmentRequest, InstallImage, Seed } from '../../api/agent/schema.ts';
import type { BmcReport } from '../../api/bmc/setup.ts';
import type { Architecture } from '../../api/fields.ts';
import type { BootProgress } from '../../api/machine/boot.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { TaskIntent, TaskResult } from '../../api/machine/task.ts';
import type { Inventory, TestRecord } from '../../api/machine-inventory/schema.ts';

/** Kernel and initrd of the OS that the agent runs in. Digests are 64 lower-case hex digits. */
export interface EphemeralImage {
  kernelDigest: string;
  initrdDigest: string;
  kernelArguments: string[];
}

/** An image to install. The digest is 64 lower-case hex digits, of the file as it is stored. */
export interface DiskImage {
  os: string;
  release: string;
  digest: string;
  sizeBytes: number;
  rawSizeBytes?: number | undefined;
  format: InstallImage['format'];
}

/** How far a machine has come in a boot generation; the rack adds its own name. */
export type BootReport = Omit<BootProgress, 'rack'>;

/** What the agent's work has come to; the id is the task's. */
export type TaskReport = TaskResult;

/** Reasons of the Events that attempts on the boot protocol leave behind. */
export type SecurityReason =
  /** A boot token was presented a second time. */
  | 'BootTokenReplayed'
  /** A boot token was asked for or presented by somebody that it is not for. */
  | 'BootTokenRefused'
  /** A session key that is unknown, over, or used from another machine's address. */
  | 'SessionRefused'
  /** An enlistment from an address that has not done DHCP here, or of too many. */
  | 'EnlistmentRefused'
  /** A call from an installed OS with a wrong token. */
  | 'PhoneHomeRefused';

/** A part of the inventory that may stay as it is on record when the rest is stored anew. */
export type InventoryPart = 'nics' | 'disks';

/** Where an unknown machine was seen doing DHCP. */
export interface SeenOn {
  vlan: string;
  subnet: string;
  mac: string;
  address: string;
}

/**
 * The machines as the rack's HTTP side sees them: reads are synchronous, from caches that outlive the API server; writes
 * are not. MAC addresses are lower-case and colon-separated.
 */
export interface RackMachines {
  byMac(mac: string): Machine | undefined;
  byName(name: string): Machine | undefined;
  ephemeralImage(architecture: Architecture): EphemeralImage | undefined;
  /** By the name of the BootImage. Undefined unless it is imported. */
  diskImage(name: string): DiskImage | undefined;
  /** What is in the Secret that `status.task.secret` names. Undefined when there is none. Rejects while it cannot be read. */
  seed(machine: Machine): Promise<Seed | undefined>;
  /** Whether the API server, asked now, has this very task for the machine. Rejects while it cannot be asked. */
  isStillTask(machine: Machine, task: Pick<TaskIntent, 'id' | 'generation'>): Promise<boolean>;
  /** Machines that enlisted themselves and wait for approval. */
  pendingEnlistments(): number;
  /** Returns at once; several reports of one machine may become one, the latest stage of the latest generation wins. */
  reportBoot(machine: string, report: BootReport): void;
  /** Resolves when it is stored, rejects when it could not be; called again by the agent's repetition. */
  reportTask(machine: string, report: TaskReport): Promise<void>;
  /** Resolves when it is stored; repeated, it changes nothing. */
  reportBmc(machine: string, report: BmcReport): Promise<void>;
  /** Resolves when it is stored. */
  storeInventory(machine: string, inventory: Inventory, keep?: readonly InventoryPart[]): Promise<void>;
  /** Each takes the place of an earlier record of its name. Resolves when it is stored. */
  storeTests(machine: string, tests: readonly TestRecord[]): Promise<void>;
  /** Creates the Machine, not approved, and its inventory. Called again for the same MAC addresses it names the same machine. */
  enlist(request: EnlistmentRequest, seenOn: SeenOn): Promise<{ machine: string }>;
  /** For an Event; the machine is undefined when the attempt names none. The message holds no secret. */
  securityEvent(machine: string | undefined, reason: SecurityReason, message: string): void;
}
