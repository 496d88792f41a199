import type { Clock } from '../../domain/clock.ts';

/** Addresses that have shown, by an acknowledgement, that they are where they say. */
export interface KnownSources {
  add(address: string): void;
  has(address: string): boolean;
}

const most = 8192;

/** The oldest go when there are too many. */
export function createKnownSources(clock: Clock, lifetimeMs: number): KnownSources {
  const until = new Map<string, number>();
  return {
    add(address) {
      // Maps keep the order of insertion: the first is the oldest.
      until.delete(address);
      until.set(address, clock.now() + lifetimeMs);
      const [oldest] = until.keys();
      if (until.size > most && oldest !== undefined) until.delete(oldest);
    },
    has(address) {
      const end = until.get(address);
      return end !== undefined && end >= clock.now();
    },
  };
}
