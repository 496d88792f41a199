import type { Allocation } from '../../api/allocation/schema.ts';
import { countedOf } from '../../api/allocation/usage.ts';
import { byPrecedence, candidateOf, wantedBy } from '../../api/allocation/wanted.ts';
import type { BootImage } from '../../api/boot-image/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { isQuota } from '../../domain/placement/constraints.ts';
import { place } from '../../domain/placement/place.ts';
import type { Candidate, Unmatched } from '../../domain/placement/types.ts';
import { type Amount, amountOf, applies, measures, type Quota } from '../../domain/quota/quota.ts';
import { isAnnotated } from './observed.ts';
import type { AllocationReason } from './reasons.ts';

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
 * @param quotasOf of a namespace, with what is used of them before this round
 */
export function schedule(
  waiting: readonly Allocation[],
  machines: readonly Machine[],
  imageOf: (name: string) => BootImage | undefined,
  chosen: ReadonlyMap<string, string>,
  quotasOf: (namespace: string) => readonly Quota[] = () => [],
): Choice[] {
  const planned = new Map<string, Quota[]>();
  const quotasIn = (namespace: string): Quota[] => {
    const known = planned.get(namespace) ?? quotasOf(namespace).map((quota) => structuredClone(quota));
    planned.set(namespace, known);
    return known;
  };
  const candidates = machines.map((machine) => candidateOf(machine, chosen.get(machine.metadata.name)));
  return [...waiting].sort(byPrecedence).map((allocation) => {
    const { name, namespace = '' } = allocation.metadata;
    const quotas = quotasIn(namespace);
    const choice = choose(allocation, machines, imageOf(allocation.spec.image), candidates, quotas);
    if (choice.kind === 'Machine') {
      const counted = countedOf(choice.machine);
      for (const quota of quotas) if (applies(quota, counted)) add(quota.used, amountOf(counted));
      candidates[machines.indexOf(choice.machine)] = candidateOf(choice.machine, `${namespace}/${name}`);
    }
    return choice;
  });
}

function add(used: Amount, amount: Amount): void {
  for (const measure of measures) used[measure] += amount[measure];
}

function choose(
  allocation: Allocation,
  machines: readonly Machine[],
  image: BootImage | undefined,
  candidates: readonly Candidate[],
  quotas: readonly Quota[],
): Choice {
  // The Allocation's status was lost, not its machine.
  const mine = machines.find((machine) => isAnnotated(allocation, machine));
  if (mine !== undefined) return { kind: 'Machine', allocation, machine: mine };
  const wish = wantedBy(allocation, image);
  if (wish.kind === 'Unusable') {
    const { reason, message } = wish;
    return { kind: 'None', allocation, reason, message, unmatched: [] };
  }
  const placement = place({ ...wish.wanted, quotas }, candidates);
  if (placement.kind === 'placed') {
    const machine = machines.find(({ metadata }) => metadata.name === placement.machine);
    if (machine !== undefined) return { kind: 'Machine', allocation, machine };
  }
  const unmatched = placement.kind === 'unmatched' ? placement.unmatched : [];
  const why = unmatched.map(({ message }) => message).join('. ');
  // What took out the last machines is what it waits for.
  const waitsForQuota = isQuota(unmatched.at(-1)?.constraint ?? '');
  const message = `${waitsForQuota ? 'A machine would fit, but a quota is used up.' : 'No machine fits.'} ${why}.`;
  const reason = waitsForQuota ? 'QuotaExceeded' : 'NoMachineFits';
  return { kind: 'None', allocation, reason, message, unmatched };
}
