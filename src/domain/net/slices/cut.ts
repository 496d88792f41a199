/** Addresses from `start` to `end`, both included, as unsigned 32-bit numbers. */
export interface AddressSpan {
  start: number;
  end: number;
}

/** A piece of a subnet that one rack at a time gives out addresses of. */
export interface SliceBlock {
  first: number;
  last: number;
  /** What of it lies in dynamic ranges, lowest first; never empty. */
  parts: AddressSpan[];
}

/** A subnet has at most this many slices, and a slice at least `smallest` addresses. */
const mostSlices = 32;
const smallest = 8;

/**
 * Cuts a subnet into equal blocks and leaves out those without an address of a dynamic range. Where the cuts are depends on the
 * subnet's bounds alone, which never change: a range that grows or shrinks moves no address from one slice to another.
 *
 * @param subnet the whole network
 * @param ranges the dynamic ranges; they do not overlap
 */
export function cutSlices(subnet: AddressSpan, ranges: readonly AddressSpan[]): SliceBlock[] {
  const size = Math.max(smallest, Math.ceil((subnet.end - subnet.start + 1) / mostSlices));
  const sorted = ranges.toSorted((a, b) => a.start - b.start);
  const blocks: SliceBlock[] = [];
  for (let first = subnet.start; first <= subnet.end; first += size) {
    const last = Math.min(first + size - 1, subnet.end);
    const parts = sorted
      .filter(({ start, end }) => start <= last && end >= first)
      .map(({ start, end }) => ({ start: Math.max(start, first), end: Math.min(end, last) }));
    if (parts.length > 0) blocks.push({ first, last, parts });
  }
  return blocks;
}

/** How many addresses the spans have together. */
export function spanSize(spans: readonly AddressSpan[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start + 1, 0);
}

/** What two lists of spans have in common, lowest first. The spans of one list do not overlap. */
export function intersectSpans(a: readonly AddressSpan[], b: readonly AddressSpan[]): AddressSpan[] {
  return a
    .flatMap((left) =>
      b
        .filter((right) => right.start <= left.end && right.end >= left.start)
        .map((right) => ({
          start: Math.max(left.start, right.start),
          end: Math.min(left.end, right.end),
        })),
    )
    .sort((left, right) => left.start - right.start);
}
