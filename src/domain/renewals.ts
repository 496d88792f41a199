/**
 * When each of several leases was last seen to be renewed, by the watcher's own clock: two nodes need not agree on the time. Who
 * is met for the first time counts as renewed just then, so that nobody is declared dead by a watcher that has just come.
 */
export interface Renewals {
  /** Told whenever a lease is looked at. @param renewTime as its holder wrote it; undefined: there is no lease. */
  saw(holder: string, renewTime: string | undefined, now: number): void;
  /** Milliseconds since the last renewal; undefined for somebody who was never met. */
  silence(holder: string, now: number): number | undefined;
  forget(holder: string): void;
}

export function createRenewals(): Renewals {
  const seen = new Map<string, { renewTime: string | undefined; at: number }>();
  return {
    saw(holder, renewTime, now) {
      const before = seen.get(holder);
      if (before !== undefined && before.renewTime === renewTime) return;
      seen.set(holder, { renewTime, at: now });
    },
    silence(holder, now) {
      const last = seen.get(holder);
      return last === undefined ? undefined : Math.max(0, now - last.at);
    },
    forget(holder) {
      seen.delete(holder);
    },
  };
}
