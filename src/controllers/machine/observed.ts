import type { Allocation } from '../../api/allocation/schema.ts';
import { effectiveBmc } from '../../api/bmc/effective.ts';
import type { BootImage } from '../../api/boot-image/schema.ts';
import type { IpAddressObject } from '../../api/ip-address/schema.ts';
import type { HardwareSummary } from '../../api/machine/hardware.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { AllocationReference, MachineStatus } from '../../api/machine/status.ts';
import type { MachineAction } from '../../api/machine-action/schema.ts';
import { names } from '../../api/meta.ts';
import { type BmcSetupMeans, wantsBmcSetup } from '../bmc-setup/policy.ts';

/** What came of preparing the seed Secret. */
export type SeedOutcome = { kind: 'Ready'; tokenHash: string } | { kind: 'Unavailable'; message: string };

/** What came of copying the machine's configuration to others. */
export interface CloneOutcome {
  /** The uid of the action that ordered it. */
  uid: string;
  outcome: 'Succeeded' | 'Failed';
  message: string;
}

/** All that a decision about a machine rests on. Nothing else is looked at. */
export interface Observed {
  machine: Machine;
  /** Summary of the machine's inventory; undefined while there is none. */
  hardware: HardwareSummary | undefined;
  /** The Allocation that `status.allocation` names or, without one, the annotation; it may have another uid. */
  allocation: Allocation | undefined;
  /** The BootImage of that Allocation. */
  image: BootImage | undefined;
  /** Addresses that are reserved for the machine. */
  addresses: readonly IpAddressObject[];
  /** MachineActions for the machine, oldest first, ended ones too. */
  actions: readonly MachineAction[];
  /** HTTP address of a rack that the installed OS can phone home to. */
  rackUrl: string | undefined;
  /** How BMCs are set up; undefined: they are not. */
  bmcSetup?: BmcSetupMeans | undefined;
  /** Set once the seed was asked for. */
  seed?: SeedOutcome | undefined;
  /** Set once it was carried out. */
  clone?: CloneOutcome | undefined;
}

const noStatus: MachineStatus = {};

/** The status, empty when there is none. */
export function statusOf({ machine }: Pick<Observed, 'machine'>): MachineStatus {
  return machine.status ?? noStatus;
}

/** `namespace/name/uid`, as in the annotation on a Machine. */
export function formatReference({ namespace, name, uid }: AllocationReference): string {
  return `${namespace}/${name}/${uid}`;
}

/** The Allocation that a machine's annotation names; undefined when there is none or it makes no sense. */
export function annotatedReference(machine: Machine): AllocationReference | undefined {
  const [namespace, name, uid, ...rest] = machine.metadata.annotations?.[names.allocation]?.split('/') ?? [];
  if (namespace === undefined || name === undefined || uid === undefined || rest.length > 0) return undefined;
  return { namespace, name, uid };
}

/** Whether the Allocation that holds the machine is there, the same one, and not about to go. */
export function isHeld(observed: Observed): boolean {
  const { allocation } = observed;
  const reference = statusOf(observed).allocation;
  return (
    allocation !== undefined &&
    reference !== undefined &&
    allocation.metadata.uid === reference.uid &&
    allocation.metadata.deletionTimestamp === undefined
  );
}

/** After the loss of the status: the live Allocation that the annotation names and that knows this machine as its own. */
export function adopter(observed: Observed): Allocation | undefined {
  const { machine, allocation } = observed;
  const reference = annotatedReference(machine);
  if (reference === undefined || allocation === undefined || statusOf(observed).allocation !== undefined)
    return undefined;
  const { metadata, status } = allocation;
  const same = metadata.name === reference.name && metadata.namespace === reference.namespace;
  const known = metadata.uid === reference.uid || status?.phase === 'Deployed';
  const live = metadata.deletionTimestamp === undefined;
  return same && known && live && status?.machine === machine.metadata.name ? allocation : undefined;
}

/** Whether a rack can switch the machine. */
export function hasPower({ machine }: Pick<Observed, 'machine'>): boolean {
  const bmc = effectiveBmc(machine);
  return bmc !== undefined && bmc.driver !== 'manual';
}

/**
 * Whether the machine can come to its first boot: it has a BMC, or whoever switches it on by hand once has its BMC found.
 */
export function hasWayToBoot({ machine, bmcSetup }: Pick<Observed, 'machine' | 'bmcSetup'>): boolean {
  return (
    effectiveBmc(machine) !== undefined || (bmcSetup !== undefined && wantsBmcSetup(machine, bmcSetup.policy))
  );
}
