import type { AddressSpan } from '../../domain/net/slices/cut.ts';
import type { Lease } from '../../kube/core-resources.ts';

/** A slice that this rack holds, or held a moment ago. */
export interface Tenancy {
  /** Name of the slice's Lease. */
  name: string;
  subnet: string;
  first: number;
  last: number;
  /** The dynamic addresses in it. */
  parts: AddressSpan[];
  id: string;
  /** As it was last written; undefined after a restart, until it was seen. */
  lease: Lease | undefined;
  hold: Hold | undefined;
  /** The longest lease that others reckon with, in seconds. */
  promisedSeconds: number;
  /** What an earlier holder had promised, in seconds; counts until the slice is no longer blocked. */
  inheritedSeconds: number;
  /** Lease clock: until then an address without a record may be somebody's. */
  blockedUntil: number;
  /** Being given back: nothing new is made of it. */
  leaving: boolean;
  /** A write is on its way. */
  writing: boolean;
}

/** The last renewal that is certain, counted from before it was sent. */
export interface Hold {
  /** Monotonic clock, in milliseconds. */
  at: number;
  /** The date then, in milliseconds. It can only shorten the hold: a node that slept finds it far ahead. */
  wallAt: number;
  /** No other rack takes the slice before this long has passed, in milliseconds. */
  forMs: number;
  /** No other rack gives away an address that was promised to somebody before this long has passed. */
  coverMs: number;
}

/** How long ago the renewal was, by the clock that says more. */
export function elapsed(hold: Hold, now: { monotonic: number; wall: number }): number {
  return Math.max(now.monotonic - hold.at, now.wall - hold.wallAt);
}

/** Others wait for the whole term; this rack trusts itself for less, so that clocks may differ in pace. */
export function holdMs(termSeconds: number): number {
  return termSeconds * 1000 - Math.max(500, termSeconds * 100);
}
