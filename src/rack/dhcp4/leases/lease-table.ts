import { inRanges, inSpans, type SubnetPlan } from '../subnet-plan.ts';
import { ExpiryHeap } from './expiry-heap.ts';
import { isHeld, type LeaseEntry } from './lease.ts';

/** What the handler may ask of the leases: all of it without changing an answer. */
export interface LeaseView {
  /** The client's entry on a subnet, also when it has ended. */
  of(client: string, subnet: string): LeaseEntry | undefined;
  /** The entry of an address, also when it has ended. */
  at(address: number): LeaseEntry | undefined;
  /**
   * The address to offer, in the order of RFC 2131, 4.3.1: what the client has or had, what it asks for, the lowest
   * address never used, the one that came free first. Undefined when all are held.
   *
   * @param open the part of the ranges that new leases may be made of. Default: all
   */
  pick(
    plan: SubnetPlan,
    client: string,
    requested: number | undefined,
    now: number,
    open?: SubnetPlan['ranges'],
  ): number | undefined;
}

/** Where each subnet's search stands. Hints: losing them costs time, not correctness. */
interface Search {
  ranges: SubnetPlan['ranges'];
  /** No address below it, in the order of the ranges, is unused. */
  range: number;
  next: number;
  expiries: ExpiryHeap;
  /** For each address the one item of the heap that counts. */
  queued: Map<number, number>;
}

/**
 * All leases, by address and by client. Pure memory: `put` is the only change, and the caller decides what is written
 * to disk. One address has at most one entry, one client at most one entry on each subnet.
 */
export class LeaseTable implements LeaseView {
  readonly #byAddress = new Map<number, LeaseEntry>();
  readonly #byClient = new Map<string, LeaseEntry>();
  readonly #searches = new Map<string, Search>();

  get size(): number {
    return this.#byAddress.size;
  }

  entries(): IterableIterator<LeaseEntry> {
    return this.#byAddress.values();
  }

  of(client: string, subnet: string): LeaseEntry | undefined {
    return this.#byClient.get(clientKey(client, subnet));
  }

  at(address: number): LeaseEntry | undefined {
    return this.#byAddress.get(address);
  }

  pick(
    plan: SubnetPlan,
    client: string,
    requested: number | undefined,
    now: number,
    open: SubnetPlan['ranges'] = plan.ranges,
  ): number | undefined {
    const own = this.of(client, plan.subnet.name);
    if (own !== undefined && inRanges(plan, own.address)) {
      if (inSpans(open, own.address) || (own.state === 'Bound' && isHeld(own, now))) return own.address;
    }
    if (requested !== undefined && inSpans(open, requested) && this.#isFree(requested, now)) return requested;
    const search = this.#search(plan.subnet.name, open);
    return this.#neverUsed(search) ?? this.#cameFreeFirst(search, now);
  }

  /** Sets the entry of its address. Who had the address, and what the client had on this subnet, is forgotten. */
  put(entry: LeaseEntry): void {
    const previous = this.#byAddress.get(entry.address);
    if (previous !== undefined && previous.client !== '') this.#forgetClient(previous);
    if (entry.client !== '') {
      const key = clientKey(entry.client, entry.subnet);
      const other = this.#byClient.get(key);
      if (other !== undefined && other.address !== entry.address) this.#orphan(other);
      this.#byClient.set(key, entry);
    }
    this.#byAddress.set(entry.address, entry);
    this.#enqueue(entry);
  }

  /** Forgets everything about the addresses from `first` to `last`. */
  forget(first: number, last: number): void {
    const drop = (entry: LeaseEntry | undefined): void => {
      if (entry === undefined || entry.address < first || entry.address > last) return;
      if (entry.client !== '') this.#forgetClient(entry);
      this.#byAddress.delete(entry.address);
    };
    if (last - first < this.#byAddress.size) {
      for (let address = first; address <= last; address += 1) drop(this.#byAddress.get(address));
    } else {
      for (const entry of this.#byAddress.values()) drop(entry);
    }
    this.#searches.clear();
  }

  /** Moves every end: the clock was set. */
  shift(by: number): void {
    for (const entry of this.#byAddress.values()) entry.end += by;
    this.#searches.clear();
  }

  /** How many addresses of each pair of bounds are held. The pairs do not overlap. */
  countHeld(bounds: readonly { first: number; last: number }[], now: number): number[] {
    const counts = bounds.map(() => 0);
    const sorted = bounds.map(({ first, last }, index) => ({ first, last, index }));
    sorted.sort((a, b) => a.first - b.first);
    for (const { address, end } of this.#byAddress.values()) {
      if (end <= now) continue;
      let low = 0;
      let high = sorted.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((sorted[middle]?.last ?? 0) < address) low = middle + 1;
        else high = middle;
      }
      const found = sorted[low];
      if (found === undefined || address < found.first) continue;
      counts[found.index] = (counts[found.index] ?? 0) + 1;
    }
    return counts;
  }

  /** The client moved on: what it was only offered is free at once, what it held is kept to its end for nobody. */
  #orphan(entry: LeaseEntry): void {
    const orphan = { ...entry, client: '', end: entry.state === 'Offered' ? 0 : entry.end };
    this.#byAddress.set(entry.address, orphan);
    this.#enqueue(orphan);
  }

  #forgetClient(entry: LeaseEntry): void {
    const key = clientKey(entry.client, entry.subnet);
    if (this.#byClient.get(key) === entry) this.#byClient.delete(key);
  }

  #isFree(address: number, now: number): boolean {
    const entry = this.#byAddress.get(address);
    return entry === undefined || !isHeld(entry, now);
  }

  #neverUsed(search: Search): number | undefined {
    for (; search.range < search.ranges.length; search.range += 1) {
      const range = search.ranges[search.range];
      if (range === undefined) break;
      search.next = Math.max(search.next, range.start);
      while (search.next <= range.end && this.#byAddress.has(search.next)) search.next += 1;
      if (search.next <= range.end) return search.next;
    }
    return undefined;
  }

  #cameFreeFirst(search: Search, now: number): number | undefined {
    for (;;) {
      const top = search.expiries.peek();
      if (top === undefined || top.end > now) return undefined;
      const entry = this.#byAddress.get(top.address);
      search.expiries.pop();
      if (entry === undefined || search.queued.get(top.address) !== top.end) continue;
      search.queued.set(top.address, entry.end);
      search.expiries.push({ address: top.address, end: entry.end });
      // Otherwise it was renewed since it was queued, and stands now where it belongs.
      if (entry.end === top.end) return top.address;
    }
  }

  #enqueue(entry: LeaseEntry): void {
    const search = this.#searches.get(entry.subnet);
    if (search === undefined || !inSearch(search, entry.address)) return;
    const queued = search.queued.get(entry.address);
    // A later end is found when the item comes to the top: renewals cost nothing here.
    if (queued !== undefined && queued <= entry.end) return;
    search.queued.set(entry.address, entry.end);
    search.expiries.push({ address: entry.address, end: entry.end });
    if (search.expiries.size > 2 * search.queued.size + 1000) this.#searches.delete(entry.subnet);
  }

  #search(subnet: string, ranges: SubnetPlan['ranges']): Search {
    const known = this.#searches.get(subnet);
    if (known !== undefined && sameRanges(known.ranges, ranges)) return known;
    const search: Search = {
      ranges,
      range: 0,
      next: 0,
      expiries: new ExpiryHeap(),
      queued: new Map(),
    };
    this.#searches.set(subnet, search);
    // By address, not by the subnet's name: a subnet that was renamed keeps what it gave out.
    for (const entry of this.#byAddress.values()) {
      if (!inSearch(search, entry.address)) continue;
      search.queued.set(entry.address, entry.end);
      search.expiries.push({ address: entry.address, end: entry.end });
    }
    return search;
  }
}

function clientKey(client: string, subnet: string): string {
  return `${client} ${subnet}`;
}

function inSearch(search: Search, address: number): boolean {
  return search.ranges.some(({ start, end }) => address >= start && address <= end);
}

function sameRanges(a: SubnetPlan['ranges'], b: SubnetPlan['ranges']): boolean {
  if (a === b) return true;
  return (
    a.length === b.length &&
    a.every((range, index) => range.start === b[index]?.start && range.end === b[index]?.end)
  );
}
