import { type Amount, applies, type Counted, sum } from '../../domain/quota/quota.ts';
import { findCondition } from '../conditions.ts';
import type { Machine } from '../machine/schema.ts';
import type { Allocation } from './schema.ts';

/** What of a machine a quota looks at. */
export function countedOf({ spec, status }: Machine): Counted {
  const { cores = 0, memoryMiB = 0 } = status?.hardware ?? {};
  return { pool: spec.pool, cores, memoryMiB };
}

/** Whether the Allocation has a machine, or has chosen one; not one whose machine is lost. */
export function hasMachine({ status }: Allocation): boolean {
  return status?.machine !== undefined && findCondition(status.conditions, 'Ready')?.reason !== 'MachineLost';
}

/** What Allocations hold of what a quota counts. */
export function usedOf(
  pool: string | undefined,
  allocations: readonly Allocation[],
  machines: { get(name: string): Machine | undefined },
  granted: readonly string[] = [],
): Amount {
  const names = [...allocations.filter(hasMachine).map(({ status }) => status?.machine ?? ''), ...granted];
  const counted = names.flatMap((name) => {
    const machine = machines.get(name);
    return machine === undefined ? [] : [countedOf(machine)];
  });
  return sum(counted.filter((machine) => applies({ pool }, machine)));
}
