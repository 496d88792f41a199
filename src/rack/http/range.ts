/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** More ranges than this in one request are no resumption of anything: the whole is sent instead (RFC 9110, 17.15). */
const mostRanges = 16;

/** What the head of a part costs: a smaller gap between two ranges is cheaper sent than left out (RFC 9110, 15.3.7.2). */
const partOverhead = 80;

/**
 * The ranges of a `Range` header (RFC 9110, 14.2), in the order asked for, those that meet made one. Undefined when the whole
 * is to be sent: without a header, for other units, for too many ranges, and for what does not parse, as the RFC allows.
 *
 * @param size of the whole, in bytes
 */
export function parseRanges(
  header: string | undefined,
  size: number,
): ByteRange[] | 'Unsatisfiable' | undefined {
  const set = /^bytes=(.*)$/is.exec(header ?? '')?.[1];
  if (set === undefined || set.length > mostRanges * 40) return undefined;
  const specs = set.split(',').map((spec) => spec.trim());
  const ranges: ByteRange[] = [];
  let seen = 0;
  for (const spec of specs) {
    if (spec === '') continue;
    seen += 1;
    const range = parseOne(spec, size);
    if (range === undefined || seen > mostRanges) return undefined;
    if (range !== 'Unsatisfiable') ranges.push(range);
  }
  if (seen === 0) return undefined;
  return ranges.length === 0 ? 'Unsatisfiable' : merge(ranges);
}

function parseOne(spec: string, size: number): ByteRange | 'Unsatisfiable' | undefined {
  const match = /^(\d{0,15})-(\d{0,15})$/.exec(spec);
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'Unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'Unsatisfiable' : { start, end };
}

/** Ranges that overlap or nearly touch become one; nothing is ever sent twice. Others keep their order. */
function merge(ranges: readonly ByteRange[]): ByteRange[] {
  const sorted = [...ranges].sort((a, b) => a.start - b.start);
  const merged: ByteRange[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= last.end + partOverhead)
      last.end = Math.max(last.end, range.end);
    else merged.push({ ...range });
  }
  return merged.length === ranges.length ? [...ranges] : merged;
}
