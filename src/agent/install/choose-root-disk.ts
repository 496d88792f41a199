import type { RootDiskHints } from '../contract.ts';
import type { Disk } from '../inventory/types.ts';

/** The disk to install on, or why there is none. */
export type RootDiskChoice = { disk: Disk } | { code: 'RootDiskNotFound' | 'ImageTooLarge'; message: string };

/**
 * Chooses the smallest disk that every hint allows and that holds the image. A removable or USB disk is taken only when a
 * hint names it by device, serial number or worldwide name. Of disks of one size the first by path, so that the same machine always gets
 * the same answer.
 *
 * @param rawSizeBytes size of the image on the disk, undefined when nobody knows it yet
 * @param linksOf every path in /dev that leads to a disk, for `deviceName`
 */
export function chooseRootDisk(
  disks: readonly Disk[],
  hints: RootDiskHints,
  rawSizeBytes: number | undefined,
  linksOf: (disk: Disk) => readonly string[] = (disk) => [disk.path],
): RootDiskChoice {
  const named = hints.deviceName ?? hints.serial ?? hints.wwn;
  const fixed = disks.filter((disk) => named !== undefined || !(disk.removable || disk.transport === 'usb'));
  const matching = fixed.filter((disk) => matches(disk, hints, linksOf(disk)));
  if (matching.length === 0) {
    const wanted = describeHints(hints);
    const seen = disks.length === 0 ? 'no disk at all' : disks.map(describeDisk).join(', ');
    return { code: 'RootDiskNotFound', message: `no disk fits (${wanted}); seen: ${seen}` };
  }
  const holding = matching.filter(({ sizeBytes }) => rawSizeBytes === undefined || sizeBytes >= rawSizeBytes);
  const [best] = holding.sort(
    (one, other) => one.sizeBytes - other.sizeBytes || (one.path < other.path ? -1 : 1),
  );
  if (best !== undefined) return { disk: best };
  const sizes = matching.map(describeDisk).join(', ');
  return {
    code: 'ImageTooLarge',
    message: `the image needs ${rawSizeBytes} bytes (${mebibytes(rawSizeBytes ?? 0)}), but the disks are smaller: ${sizes}`,
  };
}

function matches(disk: Disk, hints: RootDiskHints, links: readonly string[]): boolean {
  const device = hints.deviceName?.replace(/^\/dev\//, '');
  return (
    (device === undefined || device === disk.name || links.includes(`/dev/${device}`)) &&
    equal(hints.serial, disk.serial) &&
    equal(hints.wwn?.replace(/^0x/i, ''), disk.wwn?.replace(/^0x/i, '')) &&
    within(hints.model, disk.model) &&
    within(hints.vendor, disk.vendor) &&
    (hints.minSizeBytes === undefined || disk.sizeBytes >= hints.minSizeBytes) &&
    (hints.rotational === undefined || disk.rotational === hints.rotational) &&
    equal(hints.pciAddress, disk.pciAddress)
  );
}

function equal(hint: string | undefined, value: string | undefined): boolean {
  return hint === undefined || hint.toLowerCase() === value?.toLowerCase();
}

/** Makers and models are written in many ways: a part of the words is enough. */
function within(hint: string | undefined, value: string | undefined): boolean {
  return hint === undefined || (value?.toLowerCase().includes(hint.toLowerCase()) ?? false);
}

function describeHints(hints: RootDiskHints): string {
  const words = Object.entries(hints)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`);
  return words.length === 0 ? 'any disk that is built in' : words.join(' ');
}

/** A disk in a few words: `sda (10240 MiB SSD, serial X)`. */
export function describeDisk(disk: Disk): string {
  const serial = disk.serial === undefined ? '' : `, serial ${disk.serial}`;
  return `${disk.name} (${mebibytes(disk.sizeBytes)} ${disk.kind}${serial}${disk.removable ? ', removable' : ''})`;
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_048_576)} MiB`;
}
