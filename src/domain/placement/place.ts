import { constraintsOf } from './constraints.ts';
import { explain } from './explain.ts';
import type { Candidate, Placement, Unmatched, Wanted } from './types.ts';

/** What the constraints of a wish leave of the machines, and what each of them took out. */
export interface Fitting {
  /** In the order in which they were given. */
  fits: readonly Candidate[];
  /** In the order in which constraints were tried. */
  unmatched: readonly Unmatched[];
}

/** Which machines fit a wish, and why the others do not: how many of them each constraint took out. */
export function fitting(wanted: Wanted, candidates: readonly Candidate[]): Fitting {
  if (candidates.length === 0) return { fits: [], unmatched: nothingThere };
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
  return { fits: left, unmatched };
}

/**
 * Chooses the machine for a wish: of those that fit the cheapest, which is the one with the fewest cores, then the least
 * memory, then the least disk, then the first by name. The same machines in any order give the same answer. When none fits,
 * says how many machines each constraint took out, in the order in which they were tried.
 */
export function place(wanted: Wanted, candidates: readonly Candidate[]): Placement {
  const { fits, unmatched } = fitting(wanted, candidates);
  const cheapest = fits.reduce<Candidate | undefined>(
    (best, candidate) => (best === undefined || byCost(candidate, best) < 0 ? candidate : best),
    undefined,
  );
  return cheapest === undefined
    ? { kind: 'unmatched', unmatched }
    : { kind: 'placed', machine: cheapest.name };
}

const nothingThere: readonly Unmatched[] = [
  { constraint: 'machines', removed: 0, message: 'there are no machines' },
];

/** Which of two machines is taken first. For `sort`. */
export function byCost(a: Candidate, b: Candidate): number {
  const difference = a.cores - b.cores || a.memoryMiB - b.memoryMiB || totalDisk(a) - totalDisk(b);
  if (difference !== 0) return difference;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function totalDisk({ disks }: Candidate): number {
  return disks.reduce((sum, disk) => sum + disk.sizeBytes, 0);
}
