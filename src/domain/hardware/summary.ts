type DiskKind = 'HDD' | 'SSD' | 'NVMe';
type FirmwareMode = 'BIOS' | 'UEFI';

/** What of an inventory the summary is made from. */
export interface InventoryFacts {
  system: {
    uuid?: string | undefined;
    vendor?: string | undefined;
    product?: string | undefined;
    serial?: string | undefined;
  };
  firmware: { mode: FirmwareMode };
  /** One entry a socket. */
  cpus: readonly { cores: number; threads: number }[];
  memory: { totalMiB: number };
  nics: readonly unknown[];
  disks: readonly { name: string; sizeBytes: number; kind: DiskKind; removable: boolean }[];
}

/** `status.hardware` of a Machine. */
export interface Summary {
  vendor?: string;
  product?: string;
  serial?: string;
  systemUuid?: string;
  firmware: FirmwareMode;
  /** Physical cores of all sockets. */
  cores: number;
  threads: number;
  memoryMiB: number;
  nics: number;
  disks: { name: string; sizeBytes: number; kind: DiskKind }[];
}

const longestText = 128;
const longestUuid = 36;
const longestName = 64;
const mostDisks = 128;

/**
 * What the scheduler matches and a person sees at a glance. Cores and threads are summed over the sockets; every physical
 * NIC counts, with or without a cable; removable disks do not, as nothing is installed on them. Texts and lists are cut to
 * what a Machine's status takes.
 */
export function summarise(inventory: InventoryFacts): Summary {
  const { system, firmware, cpus, memory, nics, disks } = inventory;
  const vendor = text(system.vendor, longestText);
  const product = text(system.product, longestText);
  const serial = text(system.serial, longestText);
  const systemUuid = text(system.uuid, longestUuid);
  return {
    ...(vendor === undefined ? {} : { vendor }),
    ...(product === undefined ? {} : { product }),
    ...(serial === undefined ? {} : { serial }),
    ...(systemUuid === undefined ? {} : { systemUuid }),
    firmware: firmware.mode,
    cores: cpus.reduce((sum, { cores }) => sum + cores, 0),
    threads: cpus.reduce((sum, { threads }) => sum + threads, 0),
    memoryMiB: memory.totalMiB,
    nics: nics.length,
    disks: disks
      .filter(({ removable }) => !removable)
      .slice(0, mostDisks)
      .map(({ name, sizeBytes, kind }) => ({ name: name.slice(0, longestName), sizeBytes, kind })),
  };
}

function text(value: string | undefined, longest: number): string | undefined {
  const trimmed = value?.trim().slice(0, longest);
  return trimmed === '' ? undefined : trimmed;
}
