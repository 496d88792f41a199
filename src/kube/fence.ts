import { kubeError } from './errors.ts';
import type { Timers } from './timers.ts';

/**
 * The last check before a side effect outside the API server. It looks at the clock, not at a flag that a late timer would have
 * set: after a stall of the process the answer is right at once.
 */
export interface Fence {
  held(): boolean;
  /** How much longer it is certainly held, in milliseconds; 0 when it is not. */
  remainingMs(): number;
  /** Errors: NotLeader when the lease may have gone to another. */
  assertHeld(): void;
}

/** The side of the fence that the election moves. */
export interface FenceControl {
  readonly fence: Fence;
  /** Held until this time of the monotonic clock. */
  holdUntil(monotonic: number): void;
  revoke(): void;
}

/** @param lease its name, for the message. */
export function createFence(lease: string, timers: Timers): FenceControl {
  let until = Number.NEGATIVE_INFINITY;
  const remainingMs = (): number => Math.max(0, until - timers.monotonic());
  return {
    fence: {
      remainingMs,
      held: () => remainingMs() > 0,
      assertHeld() {
        if (remainingMs() === 0) throw kubeError('NotLeader', `lease ${lease} is not held`);
      },
    },
    holdUntil(monotonic) {
      until = monotonic;
    },
    revoke() {
      until = Number.NEGATIVE_INFINITY;
    },
  };
}
