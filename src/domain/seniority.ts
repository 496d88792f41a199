/** The part of an object's metadata that its age shows in. */
export interface Aged {
  name: string;
  /** RFC 3339, UTC, whole seconds. */
  creationTimestamp?: string | undefined;
}

/**
 * Whether `a` was there before `b`. Of two that were made in the same second it is the first by name, so that everyone who asks
 * takes the same one of two that want the same thing.
 */
export function isOlder(a: Aged, b: Aged): boolean {
  const [left, right] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
  return left === right ? a.name < b.name : left < right;
}

/** The one that was there first; undefined of none. */
export function oldest<T extends { metadata: Aged }>(objects: readonly T[]): T | undefined {
  const [first, ...others] = objects;
  return others.reduce<T | undefined>(
    (found, object) => (found === undefined || isOlder(object.metadata, found.metadata) ? object : found),
    first,
  );
}
