import { ipv4FromNumber, ipv4ToNumber } from '../../../../src/domain/net/address.ts';
import { cidrRange, parseCidr } from '../../../../src/domain/net/cidr.ts';
import { rangeSize } from '../../../../src/domain/net/range.ts';
import type { Lease, Segment } from './queries.ts';

/** What a square of the picture stands for: a use, a leased address of a dynamic range, or none that a machine can have. */
export type Use = Segment['use'] | 'Leased' | 'Unusable';

/** Squares beside one another with the same use. */
export interface Run {
  row: number;
  column: number;
  length: number;
  use: Use;
  title: string;
}

export interface Picture {
  columns: number;
  rows: number;
  runs: Run[];
}

/** More squares than this say nothing. */
const mostSquares = 4096n;
const smallSquares = 256;

/** A subnet as a grid with a square for each address; undefined: it is too large, or of IPv6. */
export function pictureOf(
  cidrText: string,
  segments: readonly Segment[],
  leases: readonly Lease[],
): Picture | undefined {
  const cidr = parseCidr(cidrText);
  const range = cidrRange(cidr);
  if (range.family === 6 || rangeSize(range) > mostSquares) return undefined;
  const [start, count] = [Number(range.first), Number(rangeSize(range))];
  const columns = Math.min(count, count <= smallSquares ? 32 : 64);
  const held = new Map(
    leases
      .filter(({ state }) => state === 'Bound' || state === 'Offered')
      .map((lease) => [ipv4ToNumber(lease.address), lease] as const),
  );
  const runs: Run[] = [];
  const add = (first: number, last: number, use: Use, title: string): void => {
    for (let at = first; at <= last; ) {
      const [row, column] = [Math.floor((at - start) / columns), (at - start) % columns];
      const length = Math.min(last - at + 1, columns - column);
      runs.push({ row, column, length, use, title });
      at += length;
    }
  };
  let next = start;
  for (const segment of segments) {
    const [first, last] = [ipv4ToNumber(segment.first), ipv4ToNumber(segment.last)];
    if (first === undefined || last === undefined) continue;
    if (first > next) add(next, first - 1, 'Unusable', 'Not for machines');
    addSegment(segment, first, last);
    next = last + 1;
  }
  if (next < start + count) add(next, start + count - 1, 'Unusable', 'Not for machines');
  return { columns, rows: Math.ceil(count / columns), runs };

  function addSegment(segment: Segment, first: number, last: number): void {
    if (segment.use !== 'Dynamic') {
      add(first, last, segment.use, titleOf(segment));
      return;
    }
    let from = first;
    for (let at = first; at <= last; at += 1) {
      const lease = held.get(at);
      if (lease === undefined) continue;
      if (at > from) add(from, at - 1, 'Dynamic', titleOf(segment));
      add(at, at, 'Leased', `${ipv4FromNumber(at)}: leased by ${lease.hostname ?? lease.mac}`);
      from = at + 1;
    }
    if (from <= last) add(from, last, 'Dynamic', titleOf(segment));
  }
}

const words: Readonly<Record<Use, string>> = {
  Gateway: 'gateway',
  Reserved: 'reserved',
  Dynamic: 'for leases',
  Leased: 'leased',
  Assigned: 'assigned',
  Free: 'free',
  Unusable: 'not for machines',
};

export function wordsForUse(use: Use): string {
  return words[use];
}

function titleOf({ first, last, use, address }: Segment): string {
  const where = first === last ? first : `${first} – ${last}`;
  const who = address?.machine ?? address?.hostname ?? address?.mac;
  return `${where}: ${who === undefined ? words[use] : who}${address?.purpose === 'Reserved' ? ' (reserved)' : ''}`;
}

/** How many addresses there are of each use, in decimal, without uses of which there are none. */
export function totalsOf(segments: readonly Segment[]): [Segment['use'], string][] {
  const totals = new Map<Segment['use'], bigint>();
  for (const { use, size } of segments) totals.set(use, (totals.get(use) ?? 0n) + BigInt(size));
  const order = ['Assigned', 'Dynamic', 'Reserved', 'Gateway', 'Free'] as const;
  return order.flatMap((use): [Segment['use'], string][] => {
    const total = totals.get(use);
    return total === undefined ? [] : [[use, String(total)]];
  });
}
