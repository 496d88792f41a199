import type { Allocation } from '../../api/allocation/schema.ts';
import type { BootImage } from '../../api/boot-image/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { place } from '../../domain/placement/place.ts';
import type { Candidate, Unmatched } from '../../domain/placement/types.ts';
import { isAnnotated } from './observed.ts';
import type { AllocationReason } from './reasons.ts';
import { byPrecedence, candidateOf, wantedBy } from './wanted.ts';

/** What the scheduler makes of one Allocation. */
export type Choice =
  | { kind: 'Machine'; allocation: Allocation; machine: Machine }
  | {
      kind: 'None';
      allocation: Allocation;
      reason: AllocationReason;
      message: string;
      unmatched: readonly Unmatched[];
    };

/**
 * One round over everything that waits, those first that take precedence. A machine is given once a round. Pure, and the
 * same for the same world.
 *
 * @param waiting Allocations without a machine
 * @param chosen machines that an Allocation has chosen, by name, with the Allocation's; they need not be claimed yet
 */
export function schedule(
  waiting: readonly Allocation[],
  machines: readonly Machine[],
  imageOf: (name: string) => BootImage | undefined,
  chosen: ReadonlyMap<string, string>,
): Choice[] {
  const candidates = machines.map((machine) => candidateOf(machine, chosen.get(machine.metadata.name)));
  return [...waiting].sort(byPrecedence).map((allocation) => {
    const choice = choose(allocation, machines, imageOf(allocation.spec.image), candidates);
    if (choice.kind === 'Machine') {
      const { name, namespace = '' } = allocation.metadata;
      candidates[machines.indexOf(choice.machine)] = candidateOf(choice.machine, `${namespace}/${name}`);
    }
    return choice;
  });
}

function choose(
  allocation: Allocation,
  machines: readonly Machine[],
  image: BootImage | undefined,
  candidates: readonly Candidate[],
): Choice {
  // The Allocation's status was lost, not its machine.
  const mine = machines.find((machine) => isAnnotated(allocation, machine));
  if (mine !== undefined) return { kind: 'Machine', allocation, machine: mine };
  const wish = wantedBy(allocation, image);
  if (wish.kind === 'Unusable') {
    const { reason, message } = wish;
    return { kind: 'None', allocation, reason, message, unmatched: [] };
  }
  const placement = place(wish.wanted, candidates);
  if (placement.kind === 'placed') {
    const machine = machines.find(({ metadata }) => metadata.name === placement.machine);
    if (machine !== undefined) return { kind: 'Machine', allocation, machine };
  }
  const unmatched = placement.kind === 'unmatched' ? placement.unmatched : [];
  const why = unmatched.map(({ message }) => message).join('. ');
  const message = `No machine fits. ${why}.`;
  return { kind: 'None', allocation, reason: 'NoMachineFits', message, unmatched };
}
