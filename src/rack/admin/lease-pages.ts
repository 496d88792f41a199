import { setImmediate } from 'node:timers/promises';
import { ipv4FromNumber, ipv4ToNumber } from '../../domain/net/address.ts';
import { isMac, parseMac } from '../../domain/net/mac.ts';

/** A lease as the admin endpoint shows it. */
export interface ShownLease {
  /** Unsigned 32-bit number. */
  address: number;
  subnet: string;
  mac: string;
  client: string;
  hostname: string | undefined;
  state: string;
  /** Milliseconds since the epoch. */
  end: number;
}

/** Which leases are asked for. */
export interface LeaseQuery {
  subnet: string | undefined;
  mac: string | undefined;
  state: string | undefined;
  /** Only addresses above this one, an unsigned 32-bit number. */
  after: number;
  limit: number;
}

export const leaseStates = ['Offered', 'Bound', 'Released', 'Declined', 'Expired'] as const;
const limits = { default: 500, most: 5_000 } as const;

/** Reads the query of `/leases`; a text says what is wrong with it. */
export function parseLeaseQuery(query: URLSearchParams): LeaseQuery | string {
  const known = ['subnet', 'mac', 'state', 'after', 'limit'];
  const stranger = [...query.keys()].find((name) => !known.includes(name));
  if (stranger !== undefined) return `${stranger}: there is ${known.join(', ')}`;
  const get = (name: string): string | undefined => query.get(name) ?? undefined;
  const state = get('state');
  if (state !== undefined && !leaseStates.some((one) => one === state))
    return `state: one of ${leaseStates.join(', ')}`;
  const mac = get('mac');
  if (mac !== undefined && !isMac(mac)) return 'mac: like 52:54:00:00:00:01';
  const after = get('after');
  const number = after === undefined ? -1 : ipv4ToNumber(after);
  if (number === undefined) return 'after: an IPv4 address';
  const limit = get('limit') ?? String(limits.default);
  if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > limits.most)
    return `limit: a number from 1 to ${limits.most}`;
  return {
    subnet: get('subnet'),
    mac: mac === undefined ? undefined : parseMac(mac),
    state,
    after: number,
    limit: Number(limit),
  };
}

/** The state for people: a lease whose time is over has ended, whatever it was. */
export function stateOf(lease: Pick<ShownLease, 'state' | 'end'>, now: number): string {
  return lease.end <= now && lease.state !== 'Released' ? 'Expired' : lease.state;
}

/** Leases looked at between two turns of the event loop: a hundred thousand of them must delay no packet. */
const leasesAtOnce = 2_000;

/** All leases, a few at a time; what changes meanwhile is seen as it is when its turn comes. */
export async function* unhurried(leases: Iterable<ShownLease>): AsyncGenerator<ShownLease> {
  let seen = 0;
  for (const lease of leases) {
    yield lease;
    seen += 1;
    if (seen % leasesAtOnce === 0) await setImmediate();
  }
}

/** One page of leases, by address, and where the next one begins. */
export interface LeasePage {
  items: (Omit<ShownLease, 'address' | 'end'> & { address: string; end: string })[];
  /** For `after`; absent on the last page. */
  next?: string;
}

/** The lowest addresses after the cursor that fit the query. */
export async function pageOfLeases(
  leases: Iterable<ShownLease>,
  query: LeaseQuery,
  now: number,
): Promise<LeasePage> {
  let found: ShownLease[] = [];
  const most = query.limit + 1;
  const trim = (): void => {
    found = found.sort((a, b) => a.address - b.address).slice(0, most);
  };
  for await (const lease of unhurried(leases)) {
    if (!fits(lease, query, now)) continue;
    found.push(lease);
    if (found.length > 2 * most + 1_000) trim();
  }
  trim();
  const items = found.slice(0, query.limit).map((lease) => ({
    address: ipv4FromNumber(lease.address),
    subnet: lease.subnet,
    mac: lease.mac,
    client: lease.client,
    hostname: lease.hostname,
    state: stateOf(lease, now),
    end: new Date(lease.end).toISOString(),
  }));
  const last = items.at(-1)?.address;
  return found.length > query.limit && last !== undefined ? { items, next: last } : { items };
}

function fits(lease: ShownLease, { subnet, mac, state, after }: LeaseQuery, now: number): boolean {
  if (lease.address <= after) return false;
  if (subnet !== undefined && lease.subnet !== subnet) return false;
  if (mac !== undefined && lease.mac !== mac) return false;
  return state === undefined || stateOf(lease, now) === state;
}

/** How many leases there are of each state on each subnet. */
export async function countLeases(
  leases: Iterable<ShownLease>,
  now: number,
): Promise<{ subnet: string; state: string; count: number }[]> {
  const counts = new Map<string, Map<string, number>>();
  for await (const lease of unhurried(leases)) {
    const states = counts.get(lease.subnet) ?? new Map<string, number>();
    counts.set(lease.subnet, states);
    const state = stateOf(lease, now);
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  return [...counts].flatMap(([subnet, states]) =>
    [...states].map(([state, count]) => ({ subnet, state, count })),
  );
}
