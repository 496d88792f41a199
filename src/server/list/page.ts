import { type KubeObject, keyOf } from '../../kube/resource.ts';
import { compareValues, type FieldPath, sortValueAt } from './paths.ts';

/** One key of an order. */
export interface SortKey {
  path: FieldPath;
  descending: boolean;
}

/** Where an object stands in an order: the values of the sort keys, then its own key. */
export interface Position {
  values: readonly (string | number | boolean | undefined)[];
  key: string;
}

/** A page of a list. */
export interface Page {
  items: KubeObject[];
  /** How many objects match, on all pages. */
  total: number;
  /** Of the last item, when more follow. */
  end: Position | undefined;
}

/** An object and where it stands. */
export interface Placed {
  object: KubeObject;
  position: Position;
}

/**
 * The next objects of a list: the first `limit` after `after`. Objects that come and go between pages shift nothing: a page begins after
 * a position, not after a number.
 *
 * @param entries in order
 * @param admits which of them the caller may see. Default: all
 */
export function pageOf(
  entries: readonly Placed[],
  order: readonly SortKey[],
  {
    after,
    limit,
    admits,
  }: { after: Position | undefined; limit: number; admits?: ((object: KubeObject) => boolean) | undefined },
): Page {
  const seen = admits === undefined ? entries : entries.filter(({ object }) => admits(object));
  const begin = after === undefined ? 0 : placeOf(seen, after, order);
  const page = seen.slice(begin, begin + limit);
  return {
    items: page.map(({ object }) => object),
    total: seen.length,
    end: begin + limit < seen.length ? page.at(-1)?.position : undefined,
  };
}

export function placedOf(object: KubeObject, order: readonly SortKey[]): Placed {
  return { object, position: positionOf(object, order) };
}

function positionOf(object: KubeObject, order: readonly SortKey[]): Position {
  return { values: order.map(({ path }) => sortValueAt(object, path)), key: keyOf(object) };
}

/** Negative when `a` comes first. No two objects of a resource have the same position. */
export function comparePositions(a: Position, b: Position, order: readonly SortKey[]): number {
  for (let index = 0; index < order.length; index += 1) {
    const left = a.values[index];
    const right = b.values[index];
    const compared = compareValues(left, right);
    if (compared === 0) continue;
    // What is missing stays last, whatever the direction.
    const turns = order[index]?.descending === true && left !== undefined && right !== undefined;
    return turns ? -compared : compared;
  }
  return compareValues(a.key, b.key);
}

/** How many entries stand at or before a position. */
export function placeOf(entries: readonly Placed[], position: Position, order: readonly SortKey[]): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = entries[middle];
    if (there !== undefined && comparePositions(there.position, position, order) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
