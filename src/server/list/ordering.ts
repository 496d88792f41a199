import type { Change } from '../../kube/informer.ts';
import { type KubeObject, keyOf } from '../../kube/resource.ts';
import { comparePositions, type Placed, placedOf, placeOf, type SortKey } from './page.ts';

/** Which objects a list is of. */
export interface Selection {
  /** The same for selections that mean the same. */
  key: string;
  admits(object: KubeObject): boolean;
}

/** What of a change matters; how the object was before would only be kept in memory. */
type Seen = Pick<Change<KubeObject>, 'type' | 'object'>;

/** The objects of one selection in one order, kept so with every change. */
export interface Ordering {
  entries(): readonly Placed[];
  take(change: Seen): void;
}

export function createOrdering(
  objects: readonly KubeObject[],
  order: readonly SortKey[],
  admits: (object: KubeObject) => boolean = () => true,
): Ordering {
  const entries = objects.filter(admits).map((object) => placedOf(object, order));
  entries.sort((a, b) => comparePositions(a.position, b.position, order));
  const byKey = new Map(entries.map((entry) => [entry.position.key, entry]));

  function remove(entry: Placed | undefined): void {
    if (entry === undefined) return;
    entries.splice(placeOf(entries, entry.position, order) - 1, 1);
    byKey.delete(entry.position.key);
  }

  return {
    entries: () => entries,
    take({ type, object }) {
      const held = byKey.get(keyOf(object));
      if (type === 'Deleted' || !admits(object)) {
        remove(held);
        return;
      }
      const entry = placedOf(object, order);
      if (held !== undefined && comparePositions(held.position, entry.position, order) === 0) {
        held.object = object;
        return;
      }
      remove(held);
      entries.splice(placeOf(entries, entry.position, order), 0, entry);
      byKey.set(entry.position.key, entry);
    },
  };
}

/** Orderings of one resource; those that nobody has asked for the longest are forgotten. */
export interface Orderings {
  of(order: readonly SortKey[], selection: Selection): readonly Placed[];
  take(change: Seen): void;
}

/** An ordering that has fallen behind by more changes is made anew. */
const mostChanges = 512;

/**
 * Changes are remembered, and reach an ordering when somebody asks for it: one that nobody looks at costs nothing.
 *
 * @param most how many orderings are kept
 */
export function createOrderings(objects: () => readonly KubeObject[], most: number): Orderings {
  const kept = new Map<string, { ordering: Ordering; upTo: number }>();
  let changes: Seen[] = [];
  /** How many changes there were before the first that is remembered. */
  let forgotten = 0;

  function forget(): void {
    const latest = forgotten + changes.length;
    const keep = Math.min(...[...kept.values()].map(({ upTo }) => upTo), latest);
    const from = Math.max(keep, latest - mostChanges);
    changes = changes.slice(from - forgotten);
    forgotten = from;
    for (const [key, { upTo }] of kept) if (upTo < forgotten) kept.delete(key);
  }

  return {
    of(order, selection) {
      const key = JSON.stringify([order, selection.key]);
      const latest = forgotten + changes.length;
      const known = kept.get(key);
      const view = known ?? {
        ordering: createOrdering(objects(), order, selection.admits),
        upTo: latest,
      };
      for (const change of changes.slice(view.upTo - forgotten)) view.ordering.take(change);
      view.upTo = latest;
      kept.delete(key);
      kept.set(key, view);
      const [oldest] = kept.keys();
      if (kept.size > most && oldest !== undefined) kept.delete(oldest);
      return view.ordering.entries();
    },
    take({ type, object }) {
      if (kept.size === 0) return;
      changes.push({ type, object });
      if (changes.length > 2 * mostChanges) forget();
    },
  };
}
