import type { Timers } from '../../kube/timers.ts';
import { serverError } from '../errors.ts';
import { createBuckets, type Rate, sourceOf } from './buckets.ts';

/** Undefined: no limit. */
export interface RateLimitOptions {
  /** Of one source address. */
  address: Rate | undefined;
  /** Of one caller, wherever they ask from. */
  caller: Rate | undefined;
  /** Attempts to sign in, of one source address. */
  signIn: Rate | undefined;
}

/** How many requests are answered. Errors of all: TooManyRequests. */
export interface RateLimits {
  admitAddress(address: string): void;
  admitSignIn(address: string): void;
  admitCaller(who: string): void;
  /** Whoever asks with what nobody knows has fewer requests left. */
  refused(address: string): void;
}

export const defaultRates: RateLimitOptions = {
  address: { perSecond: 500, burst: 2_000 },
  caller: { perSecond: 200, burst: 1_000 },
  signIn: { perSecond: 0.5, burst: 30 },
};

/** What a refused request costs more than another. */
const refusalCost = 10;

export function createRateLimits(timers: Timers, rates: Partial<RateLimitOptions> = {}): RateLimits {
  const { address, caller, signIn } = { ...defaultRates, ...rates };
  const addresses = address && createBuckets(timers, address);
  const callers = caller && createBuckets(timers, caller);
  const signIns = signIn && createBuckets(timers, signIn);

  function refuse(waitSeconds: number | undefined, what: string): void {
    if (waitSeconds === undefined) return;
    throw serverError('TooManyRequests', what, { retryAfterSeconds: Math.max(1, Math.ceil(waitSeconds)) });
  }

  return {
    admitAddress: (from) =>
      refuse(addresses?.take(sourceOf(from)), 'too many requests come from your address'),
    admitSignIn: (from) =>
      refuse(signIns?.take(sourceOf(from)), 'too many attempts to sign in come from your address'),
    admitCaller: (who) => refuse(callers?.take(who), 'you send too many requests'),
    refused: (from) => addresses?.drain(sourceOf(from), refusalCost),
  };
}
