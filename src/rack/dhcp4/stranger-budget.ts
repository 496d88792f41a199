import type { Clock } from '../../domain/clock.ts';

/** Where a DISCOVER came from. */
export interface StrangerSource {
  /** The network whose addresses are at stake, and how many of them are given out freely. */
  network: string;
  addresses: number;
  /** The interface or relay: no single one may use up what all share. */
  via: string;
}

/** Bounds how many addresses are held for strangers that were made an offer and have not come back for it. */
export interface StrangerBudget {
  /** Whether one more may be made an offer. */
  admit(client: string, source: StrangerSource): boolean;
  /** The client came back, for this offer or for that of another server. */
  settle(client: string): void;
}

/** A share of a network's addresses that fills up again. */
interface Bucket {
  left: number;
  size: number;
  at: number;
}

interface Pending {
  buckets: readonly [Bucket, Bucket];
  at: number;
}

/** As long as an offer is held, see `handler.ts`. */
const holdMs = 60_000;
/** Of a network's dynamic addresses: offers under way, and as many again in the minute that follows. */
const networkShare = 1 / 4;
const sourceShare = 1 / 8;
const [least, most] = [8, 50_000];
/** Sources are what relays say they are: what is remembered of them is bounded. */
const mostBuckets = 1_000;

/**
 * A flood of DISCOVERs under invented addresses would have every address held within seconds. An honest client comes back
 * for its offer at once, and what it took from the budget is given back; what was offered to nobody stays taken for as long
 * as the address is held. So at least half of a range is always there for clients that are known, or that come back.
 */
export function createStrangerBudget(clock: Clock): StrangerBudget {
  const buckets = new Map<string, Bucket>();
  const pending = new Map<string, Pending>();

  function bucketOf(key: string, addresses: number, now: number): Bucket {
    const size = Math.min(most, Math.max(least, Math.floor(addresses)));
    let bucket = buckets.get(key);
    if (bucket === undefined || bucket.size !== size) {
      bucket = { left: size, size, at: now };
      if (buckets.size >= mostBuckets) buckets.clear();
      buckets.set(key, bucket);
    }
    bucket.left = Math.min(size, bucket.left + ((now - bucket.at) * size) / holdMs);
    bucket.at = now;
    return bucket;
  }

  /** The oldest are first; a clock that was set back costs a while of patience, no more. */
  function forgetOld(now: number): void {
    for (const [client, { at }] of pending) {
      if (now - at < holdMs && pending.size < 2 * most) return;
      pending.delete(client);
    }
  }

  return {
    admit(client, { network, addresses, via }) {
      const now = clock.now();
      forgetOld(now);
      if (pending.has(client)) return true;
      const shared = bucketOf(network, addresses * networkShare, now);
      const own = bucketOf(`${network} ${via}`, addresses * sourceShare, now);
      if (shared.left < 1 || own.left < 1) return false;
      shared.left -= 1;
      own.left -= 1;
      pending.set(client, { buckets: [shared, own], at: now });
      return true;
    },
    settle(client) {
      const claim = pending.get(client);
      if (claim === undefined) return;
      pending.delete(client);
      for (const bucket of claim.buckets) bucket.left = Math.min(bucket.size, bucket.left + 1);
    },
  };
}
