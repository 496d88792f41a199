import type { Disk } from '../inventory/types.ts';

const gibibyte = 1024 ** 3;

/** A built-in SATA SSD of 100 GiB, but for what is given. */
export function aDisk(differences: Partial<Disk> = {}): Disk {
  const name = differences.name ?? 'sda';
  return {
    name,
    path: `/dev/disk/by-id/wwn-${name}`,
    sizeBytes: 100 * gibibyte,
    kind: 'SSD',
    rotational: false,
    removable: false,
    transport: 'sata',
    logicalBlockBytes: 512,
    ...differences,
  };
}
