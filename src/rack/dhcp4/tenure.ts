import type { SubnetPlan } from './subnet-plan.ts';

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
