import type { Quota } from '../quota/quota.ts';

export type Architecture = 'amd64' | 'arm64';
export type DiskKind = 'HDD' | 'SSD' | 'NVMe';

/** A disk that a machine could be installed on or keep data on; removable ones are left out. */
export interface PlacementDisk {
  name: string;
  sizeBytes: number;
  kind: DiskKind;
}

/** A machine as the scheduler sees it. */
export interface Candidate {
  name: string;
  architecture: Architecture;
  zone: string;
  pool: string;
  tags: readonly string[];
  /** Takes nothing new. */
  maintenance: boolean;
  /** Refuses every action. */
  locked: boolean;
  /** Ready, approved and held by nobody. */
  available: boolean;
  /** Why it is not, in a few words that complete "the machine is …": `Deployed`, `held by default/web`. */
  unavailableReason?: string | undefined;
  /** Physical cores. */
  cores: number;
  memoryMiB: number;
  /** Physical network interfaces. */
  nics: number;
  disks: readonly PlacementDisk[];
}

/** `count` disks that are at least so large and of this kind; any size or kind when absent. */
export interface DiskRequirement {
  count: number;
  minSizeBytes?: number | undefined;
  kind?: DiskKind | undefined;
}

/** `spec.constraints` of an Allocation. */
export interface PlacementConstraints {
  architecture?: Architecture | undefined;
  cores?: number | undefined;
  memoryMiB?: number | undefined;
  nics?: number | undefined;
  disks?: readonly DiskRequirement[] | undefined;
  tags?: readonly string[] | undefined;
  notTags?: readonly string[] | undefined;
  zone?: string | undefined;
  pool?: string | undefined;
  machine?: string | undefined;
}

/** What of the image decides where it can go. */
export interface PlacementImage {
  architecture: Architecture;
  /** Unpacked size: what one disk must hold. Unknown before the image was imported. */
  rawSizeBytes?: number | undefined;
}

/** What an Allocation asks for. */
export interface Wanted {
  constraints: PlacementConstraints;
  /** Undefined: none is chosen yet, and any machine may do. */
  image: PlacementImage | undefined;
  /** Every quota of its namespace. */
  quotas?: readonly Quota[] | undefined;
}

/** What one constraint did to the machines that the constraints before it had left. */
export interface Unmatched {
  /** At most 128 characters: `memoryMiB >= 65536`. */
  constraint: string;
  /** How many machines it took out. */
  removed: number;
  /** At most 256 characters: the same as a sentence for people. */
  message: string;
}

export type Placement =
  | { kind: 'placed'; machine: string }
  | { kind: 'unmatched'; unmatched: readonly Unmatched[] };
