import type { IpAddress } from './address.ts';
import type { IpRange } from './range.ts';

/** Sorted, disjoint, non-adjacent ranges of one family that cover the same addresses. */
export function mergeRanges(ranges: Iterable<IpRange>): IpRange[] {
  const sorted = [...ranges].sort((a, b) => a.family - b.family || compare(a.first, b.first));
  const merged: IpRange[] = [];
  for (const range of sorted) {
    const previous = merged.at(-1);
    if (previous !== undefined && previous.family === range.family && range.first <= previous.last + 1n) {
      if (range.last > previous.last) previous.last = range.last;
    } else {
      merged.push({ ...range });
    }
  }
  return merged;
}

/** What is left of `within` when `taken` is cut out, in order. */
export function* freeRanges(within: IpRange, taken: Iterable<IpRange>): Generator<IpRange, void, undefined> {
  let next = within.first;
  for (const range of mergeRanges(taken)) {
    if (range.family !== within.family || range.last < next) continue;
    if (range.first > within.last) break;
    if (range.first > next) yield { family: within.family, first: next, last: range.first - 1n };
    next = range.last + 1n;
  }
  if (next <= within.last) yield { family: within.family, first: next, last: within.last };
}

/** The free addresses of `within`, lowest first, made one at a time: a /64 costs no more than a /24. */
export function* freeAddresses(
  within: IpRange,
  taken: Iterable<IpRange>,
): Generator<IpAddress, void, undefined> {
  for (const range of freeRanges(within, taken)) {
    for (let value = range.first; value <= range.last; value += 1n) yield { family: range.family, value };
  }
}

/** The lowest free address, or undefined when there is none. */
export function nextFreeAddress(within: IpRange, taken: Iterable<IpRange>): IpAddress | undefined {
  return freeAddresses(within, taken).next().value ?? undefined;
}

/** How many addresses of `within` are free. */
export function countFree(within: IpRange, taken: Iterable<IpRange>): bigint {
  let count = 0n;
  for (const range of freeRanges(within, taken)) count += range.last - range.first + 1n;
  return count;
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
