import type { DiskKind, DiskRequirement, PlacementDisk } from './types.ts';

interface Slot {
  minSizeBytes: number;
  kind: DiskKind | undefined;
}

/**
 * A test of whether a machine's disks meet all requirements at once, each disk counting for one of them.
 *
 * Slots that name a kind go first, and of those alike the largest first; each takes the smallest disk that fits. Within a
 * kind every disk that fits a larger slot fits a smaller one too, so this finds a matching when there is one and leaves the
 * largest disks possible; what is left serves the slots of any kind in the same way.
 */
export function diskMatcher(
  requirements: readonly DiskRequirement[],
): (disks: readonly PlacementDisk[]) => boolean {
  const slots = requirements.flatMap(({ count, minSizeBytes = 0, kind }): Slot[] =>
    Array.from({ length: count }, () => ({ minSizeBytes, kind })),
  );
  slots.sort(mostConstrainedFirst);
  return (disks) => slots.length <= disks.length && fillSlots(slots, disks);
}

function mostConstrainedFirst(a: Slot, b: Slot): number {
  return Number(a.kind === undefined) - Number(b.kind === undefined) || b.minSizeBytes - a.minSizeBytes;
}

function fillSlots(slots: readonly Slot[], disks: readonly PlacementDisk[]): boolean {
  const spare = disks.toSorted((a, b) => a.sizeBytes - b.sizeBytes);
  for (const slot of slots) {
    const smallest = spare.findIndex(
      (disk) => disk.sizeBytes >= slot.minSizeBytes && (slot.kind === undefined || disk.kind === slot.kind),
    );
    if (smallest === -1) return false;
    spare.splice(smallest, 1);
  }
  return true;
}
