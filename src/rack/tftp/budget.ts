import type { Clock } from '../../domain/clock.ts';

/** How much may be sent to a source that has acknowledged nothing of it. All in bytes of UDP payload. */
export interface BudgetLimits {
  /** Sent for each byte received. Default 3. */
  factor: number;
  /** What one unknown source may get without having paid for it: one DATA packet of 512 bytes. */
  unknownSource: number;
  /** What one known source may get. */
  knownSource: number;
  /** What all unknown sources together may get without having paid. */
  unknownTotal: number;
  /** Everything is forgotten after so long. */
  windowMs: number;
  /** Sources that are counted; any more must have paid. */
  sources: number;
}

/** See `BudgetLimits`. */
export const defaultBudget: BudgetLimits = {
  factor: 3,
  unknownSource: 516,
  knownSource: 16 * 516,
  unknownTotal: 8 * 516,
  windowMs: 60_000,
  sources: 8192,
};

/** Something that is to be sent. `received` is 0 for a resend that a timer wants. */
export interface Expense {
  received: number;
  wanted: number;
  known: boolean;
}

/** What `allow` granted; given back when it was acknowledged. */
export interface Grant {
  source: string;
  bytes: number;
  /** Whether it was granted out of what all unknown sources share. */
  shared: boolean;
}

/** Keeps forged requests from being worth anything: what is sent on trust is bounded, until an ACK shows that it was wanted. */
export interface AmplificationBudget {
  /** Counts what came in, and what goes out if it may; undefined: it may not. */
  allow(source: string, expense: Expense): Grant | undefined;
  /** The source has acknowledged what was sent to it: it was no forgery. */
  refund(grant: Grant): void;
}

interface Account {
  received: number;
  sent: number;
}

/**
 * A source gets three times what it sent, or a small sum when that is more: a client without options needs one DATA
 * packet of 516 bytes for a request of 22 before it can prove anything. That sum is granted to a handful of
 * unknown sources in a minute, so that many forged addresses together get three times what they sent as well.
 */
export function createAmplificationBudget(clock: Clock, limits = defaultBudget): AmplificationBudget {
  const { factor, windowMs } = limits;
  let window = Number.NEGATIVE_INFINITY;
  const accounts = new Map<string, Account>();
  let shared: Account = { received: 0, sent: 0 };

  function turn(): void {
    const current = Math.floor(clock.now() / windowMs);
    if (current === window) return;
    window = current;
    accounts.clear();
    shared = { received: 0, sent: 0 };
  }

  function accountOf(source: string): Account | undefined {
    const found = accounts.get(source);
    if (found !== undefined || accounts.size >= limits.sources) return found;
    const fresh = { received: 0, sent: 0 };
    accounts.set(source, fresh);
    return fresh;
  }

  return {
    allow(source, { received, wanted, known }) {
      turn();
      const paid = wanted <= factor * received;
      const grant = { source, bytes: wanted, shared: !paid && !known };
      const account = accountOf(source);
      if (account === undefined) return paid ? grant : undefined;
      account.received += received;
      if (grant.shared) shared.received += received;
      const trust = known ? limits.knownSource : limits.unknownSource;
      if (account.sent + wanted > Math.max(trust, factor * account.received)) return undefined;
      if (grant.shared) {
        if (shared.sent + wanted > Math.max(limits.unknownTotal, factor * shared.received)) return undefined;
        shared.sent += wanted;
      }
      account.sent += wanted;
      return grant;
    },
    refund(grant) {
      turn();
      const account = accounts.get(grant.source);
      if (account !== undefined) account.sent = Math.max(0, account.sent - grant.bytes);
      if (grant.shared) shared.sent = Math.max(0, shared.sent - grant.bytes);
    },
  };
}
