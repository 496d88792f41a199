import { constraintsOf } from './constraints.ts';
import { explain } from './explain.ts';
import type { Candidate, Placement, Unmatched, Wanted } from './types.ts';

/**
 * Chooses the machine for a wish: of those that fit the cheapest, which is the one with the fewest cores, then the least
 * memory, then the least disk, then the first by name. The same machines in any order give the same answer. When none fits,
 * says how many machines each constraint took out, in the order in which they were tried.
 */
export function place(wanted: Wanted, candidates: readonly Candidate[]): Placement {
  if (candidates.length === 0) return nothingThere;
  const unmatched: Unmatched[] = [];
  let left = candidates;
  for (const constraint of constraintsOf(wanted)) {
    const fits: Candidate[] = [];
    const removed: Candidate[] = [];
    for (const candidate of left) (constraint.admits(candidate) ? fits : removed).push(candidate);
    if (removed.length > 0) {
      unmatched.push(explain(constraint.label, left.length, removed.length, constraint.detail?.(removed)));
    }
    left = fits;
  }
  const cheapest = left.reduce<Candidate | undefined>(
    (best, candidate) => (best === undefined || isCheaper(candidate, best) ? candidate : best),
    undefined,
  );
  return cheapest === undefined
    ? { kind: 'unmatched', unmatched }
    : { kind: 'placed', machine: cheapest.name };
}

const nothingThere: Placement = {
  kind: 'unmatched',
  unmatched: [{ constraint: 'machines', removed: 0, message: 'there are no machines' }],
};

function isCheaper(a: Candidate, b: Candidate): boolean {
  const difference = a.cores - b.cores || a.memoryMiB - b.memoryMiB || totalDisk(a) - totalDisk(b);
  return difference === 0 ? a.name < b.name : difference < 0;
}

function totalDisk({ disks }: Candidate): number {
  return disks.reduce((sum, disk) => sum + disk.sizeBytes, 0);
}
