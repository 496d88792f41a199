import type { Capacity, Overview } from '../../api/overview.ts';
import type { MeterPart } from '../../components/meter.tsx';

/** `1 machine`, `3 machines`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** All of it in a line. */
export function sentenceOf({ machines, allocations, actions }: Overview): string {
  const running = actions?.byPhase.Running ?? 0;
  const parts = [
    machines === undefined ? '' : countOf(machines.total, 'machine'),
    machines === undefined ? '' : `${machines.byPower.On ?? 0} switched on`,
    allocations === undefined ? '' : countOf(allocations.total, 'allocation'),
    running === 0 ? '' : `${countOf(running, 'action')} under way`,
    (machines?.maintenance ?? 0) === 0 ? '' : `${machines?.maintenance} in maintenance`,
    (machines?.locked ?? 0) === 0 ? '' : `${machines?.locked} locked`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** How a pool is used: held by Allocations, free, and what is neither. */
export function capacityParts({ machines, used, free }: Capacity): MeterPart[] {
  if (machines === 0) return [];
  const others = Math.max(0, machines - used - free);
  return [
    { share: used / machines, tone: 'accent', title: `${used} allocated` },
    { share: free / machines, tone: 'ok', title: `${free} free` },
    { share: others / machines, tone: 'quiet', title: `${others} neither` },
  ];
}
