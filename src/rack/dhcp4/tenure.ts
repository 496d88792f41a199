import { isHeld } from './leases/lease.ts';
import type { LeaseView } from './leases/lease-table.ts';
import { inSpans, type SubnetPlan } from './subnet-plan.ts';

/**
 * Which dynamic addresses this rack may promise, and until when. Asked for every packet, answered from memory. Times are
 * milliseconds of the lease clock.
 */
export interface Tenure {
  /** What new leases may be made of now: a part of the plan's ranges. The same object until it changes. */
  open(plan: SubnetPlan): SubnetPlan['ranges'];
  /** Until when an address of the ranges may be promised at most; undefined: this rack may say nothing about it. */
  limit(plan: SubnetPlan, address: number): number | undefined;
}

/** The tenure of a rack that has all ranges for itself. */
export const soleTenure: Tenure = {
  open: (plan) => plan.ranges,
  limit: () => Number.POSITIVE_INFINITY,
};

/** What a promise of a dynamic address depends on. */
export interface PromiseContext {
  now: number;
  leases: LeaseView;
  /** Default: all ranges are this rack's. */
  tenure?: Tenure | undefined;
  /** False while leases cannot be stored. Default true. */
  recording?: boolean | undefined;
}

/** What may be promised to a client. */
export interface Promised {
  /** At most what was asked for. */
  seconds: number;
  /** Whether the promise is to be stored first. */
  record: boolean;
}

/** Shorter leases are not worth a message. */
const leastSeconds = 5;

/**
 * How long a client may have a dynamic address; undefined: not at all. The address of a lease that runs may be promised as far as this
 * rack's tenure reaches; any other one only while new leases may be made of it, or when its client shows by extending it that
 * it has it from another rack. While nothing can be stored a lease that runs is promised to its recorded end: what a
 * restart would not know of is not promised.
 *
 * @param extending the client renews or rebinds
 */
export function promise(
  { now, leases, tenure = soleTenure, recording = true }: PromiseContext,
  { plan, address }: { plan: SubnetPlan; address: number },
  client: string,
  extending: boolean,
): Promised | undefined {
  const limit = tenure.limit(plan, address);
  if (limit === undefined) return undefined;
  const entry = leases.at(address);
  const running = entry?.client === client && entry.state === 'Bound' && isHeld(entry, now);
  const claimed = extending && entry === undefined;
  if (!running && !claimed && !inSpans(tenure.open(plan), address)) return undefined;
  if (!recording && !running) return undefined;
  const end = recording || entry === undefined ? limit : Math.min(limit, entry.end);
  const seconds = Math.min(plan.subnet.leaseSeconds, Math.floor((end - now) / 1000));
  return seconds < Math.min(leastSeconds, plan.subnet.leaseSeconds)
    ? undefined
    : { seconds, record: recording };
}
