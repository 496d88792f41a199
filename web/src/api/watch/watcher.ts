import type { QueryClient } from '@tanstack/react-query';
import type { ApiObject, Noun } from '../resources.ts';
import { sessionQuery } from '../session.ts';
import { applyChanges } from './apply.ts';
import { concerns, mayMove, type ObjectChange } from './change.ts';
import type { ServerEvent } from './events.ts';
import { type StreamState, watch } from './stream.ts';
import { createThrottle } from './throttle.ts';

/** One stream for the page, of all kinds that something on the screen shows. */
export interface Watcher {
  /** Begins to watch; the answer ends it. */
  add(nouns: readonly Noun[]): () => void;
  /** Is told of every change of the state, for `useSyncExternalStore`. */
  subscribe(listener: () => void): () => void;
  state(): StreamState;
}

/** Changes are put on the screen together, so often. Milliseconds. */
const applyEveryMs = 100;
/** What came or went may belong elsewhere in a sorted or filtered list: that is asked for anew, but not more often. */
const refetchEveryMs = 2_500;
/** Lists may have another order or other members after a change; objects are as the event says. */
const lists = ['pages', 'all', 'counts', 'derived'];
/** Pages follow one another quickly: the stream is not changed for each. */
const settleMs = 50;

export function createWatcher(client: QueryClient): Watcher {
  const wanted = new Map<Noun, number>();
  const listeners = new Set<() => void>();
  const lastEventId: { value: string | undefined } = { value: undefined };
  let state: StreamState = 'connecting';
  let watched: Noun[] = [];
  let abort = new AbortController();
  let changes: ObjectChange[] = [];
  /** Kinds that changed since lists were asked for anew: true, when an object came or went. */
  const stale = new Map<Noun, boolean>();

  function setState(next: StreamState): void {
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener();
  }

  function refetch(what: readonly string[], nouns: Iterable<Noun>): void {
    const affected = new Set(nouns);
    void client.invalidateQueries({
      predicate: ({ queryKey }) => what.includes(String(queryKey[0])) && concerns(queryKey, affected),
    });
  }

  /** What is not watched any more grows old unseen: it is asked for anew when a page shows it again. */
  function forget(nouns: readonly Noun[]): void {
    const dropped = new Set(nouns);
    const predicate = ({ queryKey }: { queryKey: readonly unknown[] }) => concerns(queryKey, dropped);
    void client.invalidateQueries({ predicate, refetchType: 'none' });
  }

  /** Lists on the screen that a change of their kind may have moved something in. */
  function movedLists(noun: Noun, cameOrWent: boolean) {
    const of = new Set([noun]);
    const isMoved = ({ queryKey }: { queryKey: readonly unknown[] }): boolean =>
      lists.includes(String(queryKey[0])) && concerns(queryKey, of) && mayMove(queryKey[2], cameOrWent);
    return client.getQueryCache().findAll({ type: 'active', predicate: isMoved });
  }

  const refetching = createThrottle(refetchEveryMs, () => {
    const affected = [...stale];
    stale.clear();
    for (const [noun, cameOrWent] of affected) {
      for (const { queryKey, state: fetched } of movedLists(noun, cameOrWent)) {
        if (fetched.fetchStatus === 'idle') void client.invalidateQueries({ queryKey, exact: true });
        // What is under way may have passed by what changed.
        else stale.set(noun, cameOrWent || stale.get(noun) === true);
      }
    }
    if (stale.size > 0) refetching.ask();
  });
  const applying = createThrottle(applyEveryMs, () => {
    applyChanges(client, changes);
    for (const { noun, type } of changes) stale.set(noun, type !== 'modified' || stale.get(noun) === true);
    changes = [];
    refetching.ask();
  });
  const settling = createThrottle(settleMs, restart);

  function onEvent({ event, data }: ServerEvent): void {
    if (event !== 'added' && event !== 'modified' && event !== 'deleted') return;
    const { resource, object }: { resource: Noun; object: ApiObject } = JSON.parse(data);
    changes.push({ type: event, noun: resource, object });
    applying.ask();
  }

  function restart(): void {
    const nouns = [...wanted.keys()].sort();
    if (nouns.join() === watched.join()) return;
    forget(watched.filter((noun) => !wanted.has(noun)));
    watched = nouns;
    abort.abort();
    if (nouns.length === 0) {
      lastEventId.value = undefined;
      return;
    }
    abort = new AbortController();
    const port = {
      onEvent,
      onResync: () => refetch([...lists, 'object'], wanted.keys()),
      onState: setState,
      onSignedOut: () => void client.resetQueries({ queryKey: sessionQuery.queryKey }),
    };
    void watch(nouns, lastEventId, port, abort.signal);
  }

  return {
    add(nouns) {
      for (const noun of nouns) wanted.set(noun, (wanted.get(noun) ?? 0) + 1);
      settling.ask();
      return () => {
        for (const noun of nouns) {
          const left = (wanted.get(noun) ?? 1) - 1;
          if (left === 0) wanted.delete(noun);
          else wanted.set(noun, left);
        }
        settling.ask();
      };
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
  };
}
