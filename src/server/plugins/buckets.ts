import { isIPv6 } from 'node:net';
import type { Timers } from '../../kube/timers.ts';

/** Token buckets, one for each of many. */
export interface Buckets {
  /** Takes `cost` out of a bucket. Undefined: taken; else the seconds until there is enough, and nothing was taken. */
  take(key: string, cost?: number): number | undefined;
  /** Takes what there is, up to `cost`. */
  drain(key: string, cost: number): void;
  size(): number;
}

/** How fast a bucket fills up, and what it holds. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/**
 * Memory is bounded: of more than `mostKeys` buckets the one that was not looked at for longest goes. It comes back full, which is
 * what a bucket is that nobody takes from.
 */
export function createBuckets(timers: Timers, { perSecond, burst }: Rate, mostKeys = 20_000): Buckets {
  const buckets = new Map<string, { level: number; at: number }>();

  function bucketOf(key: string): { level: number; at: number } {
    const at = timers.monotonic();
    const known = buckets.get(key);
    const level =
      known === undefined ? burst : Math.min(burst, known.level + ((at - known.at) / 1000) * perSecond);
    const bucket = { level, at };
    buckets.delete(key);
    buckets.set(key, bucket);
    for (const oldest of buckets.keys()) {
      if (buckets.size <= mostKeys) break;
      buckets.delete(oldest);
    }
    return bucket;
  }

  return {
    take(key, cost = 1) {
      const bucket = bucketOf(key);
      if (bucket.level < cost) return (cost - bucket.level) / perSecond;
      bucket.level -= cost;
      return undefined;
    },
    drain(key, cost) {
      const bucket = bucketOf(key);
      bucket.level = Math.max(0, bucket.level - cost);
    },
    size: () => buckets.size,
  };
}

/** What an address is counted as: of IPv6 the network of 64 bits, as one host has all addresses of it. */
export function sourceOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::', 2);
  const words = (text: string): string[] => text.split(':').filter((word) => word !== '');
  const front = words(head);
  const back = words(tail ?? '');
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  const all = tail === undefined ? front : [...front, ...zeros, ...back];
  return `${all
    .slice(0, 4)
    .map((word) => Number.parseInt(word, 16).toString(16))
    .join(':')}::/64`;
}
