import type { ApiObject, Noun } from '../resources.ts';

/** What the watch says of one object. */
export interface ObjectChange {
  type: 'added' | 'modified' | 'deleted';
  noun: Noun;
  object: ApiObject;
}

/** What names an object among all. */
export function identityOf({ noun, object }: Pick<ObjectChange, 'noun' | 'object'>): string {
  return `${noun}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/**
 * Whether a version is newer than another of the same object. Versions of the API server are numbers that grow
 * (KEP-5504); what is none counts as newer, so that nothing stays old.
 */
export function isNewer(candidate: ApiObject, known: ApiObject): boolean {
  const [a, b] = [candidate.metadata.resourceVersion ?? '', known.metadata.resourceVersion ?? ''];
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return true;
  return a.length === b.length ? a > b : a.length > b.length;
}

function isSame(a: ApiObject, b: ApiObject): boolean {
  return a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
}

/** A list with changes in it: objects of the list are replaced or gone. The same list when nothing of it changed. */
export function patchItems<T extends ApiObject>(items: T[], changes: readonly ObjectChange[]): T[] {
  let patched = items;
  for (const { type, object } of changes) {
    const at = patched.findIndex((item) => isSame(item, object));
    const known = patched[at];
    if (known === undefined) continue;
    if (type === 'deleted') patched = patched.toSpliced(at, 1);
    else if (isNewer(object, known)) patched = patched.with(at, { ...known, ...object });
  }
  return patched;
}

/** Of several changes of one object the last, in the order of the last. */
export function latestOfEach(changes: readonly ObjectChange[]): ObjectChange[] {
  const latest = new Map<string, ObjectChange>();
  for (const change of changes) {
    const identity = identityOf(change);
    latest.delete(identity);
    latest.set(identity, change);
  }
  return [...latest.values()];
}

/**
 * Whether a change may alter which objects a list has, or their order. A list by name without a filter stays as it is while nothing
 * comes or goes.
 *
 * @param parameters of the list; undefined: it has none
 */
export function mayMove(parameters: unknown, cameOrWent: boolean): boolean {
  if (cameOrWent || typeof parameters !== 'object' || parameters === null) return true;
  const by = new Map(Object.entries(parameters));
  const isFiltered = ['q', 'fieldSelector', 'labelSelector'].some((name) => by.get(name) !== undefined);
  return isFiltered || (by.get('sort') ?? 'metadata.name') !== 'metadata.name';
}

/** Whether a query is of one of these kinds: its key names the kind second, or all that it is made of. */
export function concerns(queryKey: readonly unknown[], nouns: ReadonlySet<Noun>): boolean {
  const [, of] = queryKey;
  const named: readonly unknown[] = Array.isArray(of) ? of : [of];
  return [...nouns].some((noun) => named.includes(noun));
}
