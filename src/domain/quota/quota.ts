/** What a quota counts. */
export const measures = ['machines', 'cores', 'memoryMiB'] as const;
export type Measure = (typeof measures)[number];
export type Amount = Record<Measure, number>;

/** A quota as the scheduler sees it: what is used of it by now, those that were granted a moment ago included. */
export interface Quota {
  name: string;
  /** undefined: machines of all pools count. */
  pool?: string | undefined;
  limits: Partial<Record<Measure, number | undefined>>;
  used: Amount;
}

/** What of a machine a quota looks at. */
export interface Counted {
  pool: string;
  cores: number;
  memoryMiB: number;
}

export function applies({ pool }: Pick<Quota, 'pool'>, machine: Pick<Counted, 'pool'>): boolean {
  return pool === undefined || pool === machine.pool;
}

/** Of a machine. */
export function amountOf({ cores, memoryMiB }: Omit<Counted, 'pool'>): Amount {
  return { machines: 1, cores, memoryMiB };
}

/** What machines amount to together. */
export function sum(machines: Iterable<Omit<Counted, 'pool'>>): Amount {
  const total: Amount = { machines: 0, cores: 0, memoryMiB: 0 };
  for (const machine of machines) {
    const amount = amountOf(machine);
    for (const measure of measures) total[measure] += amount[measure];
  }
  return total;
}

/** What of the quota the machine would exceed: `machines: 3 used of 3, 1 asked`; undefined: it fits, or does not count. */
export function excess(quota: Quota, machine: Counted): string | undefined {
  if (!applies(quota, machine)) return undefined;
  const asked = amountOf(machine);
  for (const measure of measures) {
    const limit = quota.limits[measure];
    if (limit !== undefined && quota.used[measure] + asked[measure] > limit)
      return `${measure}: ${quota.used[measure]} used of ${limit}, ${asked[measure]} asked`;
  }
  return undefined;
}
