import { ipv4ToNumber } from '../../../domain/net/address.ts';
import type { RackAnswer, RackLease } from './rack-leases.ts';

export interface ShownLease extends RackLease {
  /** Who told of it. */
  rack: string;
}

/** A page of the leases of all racks. */
export interface LeasePage {
  items: ShownLease[];
  /** The last address of the page, when more follow. */
  next: string | undefined;
}

/**
 * Pages of racks as one, by address. Each rack has told its lowest leases after the same address, so that the lowest of all of them are
 * there. Of an address that two racks know of, as after one has taken over a range of the other, the lease that lasts longer is shown.
 */
export function mergeLeases(
  answers: readonly { rack: string; answer: RackAnswer }[],
  limit: number,
): LeasePage {
  const byAddress = new Map<number, ShownLease>();
  /** What lies above the end of a page that goes on is not known of that rack. */
  let known = Number.POSITIVE_INFINITY;
  for (const { rack, answer } of answers) {
    if (answer.kind !== 'Answered') continue;
    for (const lease of answer.items) {
      const address = ipv4ToNumber(lease.address);
      if (address === undefined) continue;
      const other = byAddress.get(address);
      if (other === undefined || other.end < lease.end) byAddress.set(address, { ...lease, rack });
    }
    const last = ipv4ToNumber(answer.items.at(-1)?.address ?? '');
    if (answer.more && last !== undefined) known = Math.min(known, last);
  }
  const sorted = [...byAddress].sort(([a], [b]) => a - b).filter(([address]) => address <= known);
  const items = sorted.slice(0, limit).map(([, lease]) => lease);
  const isLast = sorted.length <= limit && known === Number.POSITIVE_INFINITY;
  return { items, next: isLast ? undefined : items.at(-1)?.address };
}
