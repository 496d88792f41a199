/** What the agent and the rack say to one another, as far as the agent needs it. */
import type { Inventory } from './inventory/types.ts';

/** Which disk to install on. Every hint that is given must hold. */
export interface RootDiskHints {
  /** `/dev/sda`, `sda`, or a link such as `/dev/disk/by-id/…`. */
  deviceName?: string | undefined;
  serial?: string | undefined;
  wwn?: string | undefined;
  model?: string | undefined;
  vendor?: string | undefined;
  minSizeBytes?: number | undefined;
  rotational?: boolean | undefined;
  pciAddress?: string | undefined;
}

export type ImageFormat = 'Raw' | 'RawZstd' | 'RawGzip';

export interface InstallTask {
  id: string;
  kind: 'Install';
  image: {
    /** Path on the rack. */
    path: string;
    /** SHA-256 of the file as it is transferred, lower-case hex. */
    sha256: string;
    /** Size of the file as it is transferred. */
    sizeBytes: number;
    format: ImageFormat;
    /** Size on the disk. */
    rawSizeBytes?: number | undefined;
  };
  rootDisk: RootDiskHints;
  /** The four files of a NoCloud seed. */
  seed: Seed;
}

export interface Seed {
  metaData: string;
  userData: string;
  vendorData: string;
  networkConfig: string;
}

export interface EraseTask {
  id: string;
  kind: 'Erase';
  mode: 'Quick' | 'Full';
}

export type Task =
  | { id: string; kind: 'Inventory' }
  | InstallTask
  | EraseTask
  | { id: string; kind: 'Reboot' }
  | { id: string; kind: 'PowerOff' };

export interface Session {
  sessionKey: string;
  machine: string;
  generation: number;
  pollSeconds: number;
}

export interface TaskEvent {
  sequence: number;
  /** ISO 8601, of the machine's own clock. */
  at: string;
  step: string;
  percent?: number;
  message: string;
}

export interface TaskResult {
  outcome: 'Succeeded' | 'Failed';
  reason?: string;
  message: string;
  inventory?: Inventory;
}
