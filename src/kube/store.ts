import { deepFreeze } from './json.ts';
import { type KubeObject, keyOf } from './resource.ts';

/** What an informer tells its listeners. */
export interface Change<T> {
  type: 'Added' | 'Modified' | 'Deleted';
  /** As it is now; for Deleted, as it was last seen. */
  object: T;
  /** As it was before, for Modified. */
  previous?: T;
}

/** The keys in one index under which an object is found. */
export type IndexFunction<T> = (object: T) => string[];

/** Frozen objects by key and by index. Writing answers which changes that means. */
export interface Store<T extends KubeObject> {
  get(key: string): T | undefined;
  list(): T[];
  /** Throws RangeError for an index that was never defined. */
  byIndex(indexName: string, key: string): T[];
  size(): number;
  /** Takes an object in; nothing changes when this version is there already. */
  set(object: T): Change<T>[];
  /** @param last its final state, when that is known. */
  delete(key: string, last?: T): Change<T>[];
  /** Makes the store hold exactly these; what is missing among them counts as deleted. `keep`: keys that stay as they are. */
  replaceAll(objects: readonly T[], keep?: ReadonlySet<string>): Change<T>[];
}

/** @param indexes functions that run once an object, when it is taken in. */
export function createStore<T extends KubeObject>(indexes: Record<string, IndexFunction<T>> = {}): Store<T> {
  const objects = new Map<string, T>();
  const index = new Map<string, Map<string, Set<string>>>();
  for (const name of Object.keys(indexes)) index.set(name, new Map());

  /** The [index, entry] pairs of an object. */
  function entriesOf(object: T): [string, string][] {
    return Object.entries(indexes).flatMap(([name, keysOf]) =>
      keysOf(object).map((entryName): [string, string] => [name, entryName]),
    );
  }

  function unindex(key: string, object: T): void {
    for (const [name, entryName] of entriesOf(object)) {
      const entry = index.get(name)?.get(entryName);
      entry?.delete(key);
      if (entry?.size === 0) index.get(name)?.delete(entryName);
    }
  }

  function put(key: string, object: T, previous: T | undefined): void {
    deepFreeze(object);
    // First, because a function that throws must leave everything as it was.
    const entries = entriesOf(object);
    if (previous !== undefined) unindex(key, previous);
    objects.set(key, object);
    for (const [name, entryName] of entries) {
      const entry = index.get(name)?.get(entryName);
      if (entry === undefined) index.get(name)?.set(entryName, new Set([key]));
      else entry.add(key);
    }
  }

  function set(object: T): Change<T>[] {
    const key = keyOf(object);
    const previous = objects.get(key);
    if (previous === undefined) {
      put(key, object, previous);
      return [{ type: 'Added', object }];
    }
    if (previous.metadata.uid !== object.metadata.uid) {
      // Deleted and made anew while nobody looked: two different things of one name.
      put(key, object, previous);
      return [
        { type: 'Deleted', object: previous },
        { type: 'Added', object },
      ];
    }
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && previous.metadata.resourceVersion === resourceVersion) return [];
    put(key, object, previous);
    return [{ type: 'Modified', object, previous }];
  }

  function remove(key: string, last?: T): Change<T>[] {
    const object = objects.get(key);
    if (object === undefined) return [];
    unindex(key, object);
    objects.delete(key);
    return [{ type: 'Deleted', object: last === undefined ? object : deepFreeze(last) }];
  }

  return {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    byIndex(indexName, key) {
      const entries = index.get(indexName);
      if (entries === undefined) throw new RangeError(`no index ${indexName} was defined`);
      const found: T[] = [];
      for (const objectKey of entries.get(key) ?? []) {
        const object = objects.get(objectKey);
        if (object !== undefined) found.push(object);
      }
      return found;
    },
    size: () => objects.size,
    set,
    delete: remove,
    replaceAll(current, keep) {
      const changes: Change<T>[] = [];
      const seen = new Set(current.map(keyOf));
      for (const key of [...objects.keys()]) {
        if (!seen.has(key) && keep?.has(key) !== true) changes.push(...remove(key));
      }
      for (const object of current) changes.push(...set(object));
      return changes;
    },
  };
}
