import type { Machine } from '../../../api/machine/schema.ts';
import { candidateFor } from '../placements/preview.ts';

/** What a pool, a zone or an architecture has, and what of it an Allocation could get now. */
export interface Capacity {
  name: string;
  machines: number;
  /** Ready, approved, neither locked nor in maintenance, and held by nobody. */
  free: number;
  /** Held by an Allocation. */
  used: number;
  cores: number;
  freeCores: number;
  memoryMiB: number;
  freeMemoryMiB: number;
}

export interface MachineFigures {
  total: number;
  byPhase: Record<string, number>;
  byPower: Record<string, number>;
  maintenance: number;
  locked: number;
  capacity: { pools: Capacity[]; zones: Capacity[]; architectures: Capacity[] };
}

/** Counts and capacity of all machines, in one pass. */
export function figuresOf(machines: readonly Machine[]): MachineFigures {
  const byPhase = new Map<string, number>();
  const byPower = new Map<string, number>();
  const [pools, zones, architectures] = [new Map(), new Map(), new Map()] as const satisfies Map<
    string,
    Capacity
  >[];
  let [maintenance, locked] = [0, 0];
  for (const machine of machines) {
    const { spec, status } = machine;
    count(byPhase, status?.phase ?? 'Unknown');
    count(byPower, status?.powerState ?? 'Unknown');
    const candidate = candidateFor(machine);
    if (candidate.maintenance) maintenance += 1;
    if (candidate.locked) locked += 1;
    const share = {
      free: candidate.available && !candidate.maintenance && !candidate.locked,
      used: status?.allocation !== undefined,
      cores: candidate.cores,
      memoryMiB: candidate.memoryMiB,
    };
    add(pools, spec.pool, share);
    add(zones, spec.zone, share);
    add(architectures, spec.architecture, share);
  }
  return {
    total: machines.length,
    byPhase: sorted(byPhase),
    byPower: sorted(byPower),
    maintenance,
    locked,
    capacity: { pools: listed(pools), zones: listed(zones), architectures: listed(architectures) },
  };
}

/** How often each word occurs, by word. */
export function countsOf(words: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) count(counts, word);
  return sorted(counts);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function add(
  capacities: Map<string, Capacity>,
  name: string,
  { free, used, cores, memoryMiB }: { free: boolean; used: boolean; cores: number; memoryMiB: number },
): void {
  const sum = capacities.get(name) ?? {
    name,
    ...{ machines: 0, free: 0, used: 0, cores: 0, freeCores: 0, memoryMiB: 0, freeMemoryMiB: 0 },
  };
  capacities.set(name, sum);
  sum.machines += 1;
  sum.used += Number(used);
  sum.cores += cores;
  sum.memoryMiB += memoryMiB;
  if (!free) return;
  sum.free += 1;
  sum.freeCores += cores;
  sum.freeMemoryMiB += memoryMiB;
}

function listed(capacities: ReadonlyMap<string, Capacity>): Capacity[] {
  return [...capacities.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
