import type { SliceRecord } from './slice-lease.ts';

/** What a rack knows of a slice that it does not hold. Times in milliseconds of its own monotonic clock. */
export interface SliceSight {
  self: string;
  /** As the Lease was last seen; undefined when there is none, and none was seen to go. */
  record: SliceRecord | undefined;
  /** Whether the Lease was deleted since. */
  gone: boolean;
  /** When this rack first saw it like this. */
  observedAt: number;
  now: number;
  /** The acquisition that this rack's log remembers everything of. */
  remembered: string | undefined;
}

/** Whether a slice can be had, and what then must be heeded. */
export type SliceVerdict =
  /** Nobody ever had it. */
  | { kind: 'Unclaimed' }
  /** It is this rack's own, from before a restart. */
  | { kind: 'Resume' }
  /** It can be taken. For `blockedSeconds` from then on an address without a record may be somebody's. */
  | { kind: 'Take'; blockedSeconds: number; waitingMs: number }
  | { kind: 'Foreign'; holder: string; forMs: number };

/**
 * A foreign slice counts as held until its Lease stayed as it is for a whole term, seen from here: no two clocks are compared. A rack
 * that finds its own name but has lost its memory waits like any other, for the one that remembers may still run.
 */
export function judgeSlice(sight: SliceSight): SliceVerdict {
  const { record, now, observedAt, self, remembered, gone } = sight;
  if (record === undefined) return { kind: 'Unclaimed' };
  const { holder, acquisition, termSeconds, promisedSeconds } = record;
  if (holder === '') return { kind: 'Take', blockedSeconds: promisedSeconds, waitingMs: now - observedAt };
  if (holder === self && acquisition === remembered && !gone) return { kind: 'Resume' };
  const forMs = observedAt + termSeconds * 1000 - now;
  if (forMs > 0) return { kind: 'Foreign', holder, forMs };
  return { kind: 'Take', blockedSeconds: promisedSeconds, waitingMs: -forMs };
}
