import type { Logger } from '../log/logger.ts';
import { type BackoffOptions, createBackoff } from './backoff.ts';
import type { KubeClient } from './client.ts';
import { isKubeError, kubeError } from './errors.ts';
import { type KubeObject, keyOf, makeKey, type Resource } from './resource.ts';
import { type Change, createStore, type IndexFunction } from './store.ts';
import { sleep, systemTimers, type Timers } from './timers.ts';

export type { Change } from './store.ts';

/** A local, always current copy of the objects of one resource. What it hands out is frozen. */
export interface Informer<T extends KubeObject> {
  /** Begins to list and watch; runs until stopped, whatever the API server does. */
  start(): void;
  /** Ends the watch; resolves when nothing runs any more. What was cached can still be read. */
  stop(): Promise<void>;
  /** Resolves when the first whole list is in the cache. Errors: Stopped when it is stopped before that. */
  synced(): Promise<void>;
  hasSynced(): boolean;
  get(name: string, namespace?: string): T | undefined;
  list(): T[];
  /** Throws RangeError for an index that was never defined. */
  byIndex(indexName: string, key: string): T[];
  /**
   * Told of every object that is held already (as Added), then of every change, in order. A listener that throws is logged and
   * does no harm. Returns what ends it.
   */
  onChange(listener: (change: Change<T>) => void): () => void;
}

export interface InformerOptions<T extends KubeObject> {
  client: Pick<KubeClient, 'list' | 'watch'>;
  resource: Resource<T>;
  indexes?: Record<string, IndexFunction<T>> | undefined;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  log: Logger;
  timers?: Timers | undefined;
  random?: (() => number) | undefined;
  timings?: Partial<InformerTimings> | undefined;
  /** What is held until the first list has come, from an earlier process for one. Without resource versions: the list replaces it. */
  initial?: readonly T[] | undefined;
  /** Makes each object smaller before it is held, in place; may be called twice for one. */
  shrink?: ((object: KubeObject) => void) | undefined;
}

/** All in milliseconds. */
export interface InformerTimings {
  /** The server ends each watch after a time between these two. Default 240,000 to 300,000. */
  serverTimeoutMinMs: number;
  serverTimeoutMaxMs: number;
  /** Silence after which a watch is given up and opened anew. Default 75,000: bookmarks come every minute. */
  inactivityTimeoutMs: number;
  /** Waits after failures. Default 500 to 30,000, full jitter. */
  backoff: BackoffOptions;
  /** A watch that lived this long was healthy, even without an event. Default 10,000. */
  healthyAfterMs: number;
}

const defaultTimings: InformerTimings = {
  serverTimeoutMinMs: 240_000,
  serverTimeoutMaxMs: 300_000,
  inactivityTimeoutMs: 75_000,
  backoff: { baseMs: 500, maxMs: 30_000 },
  healthyAfterMs: 10_000,
};

/** Lists in pages, then watches with bookmarks; after any failure goes on where it was, after Gone lists again. */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { client, resource, namespace, labelSelector, fieldSelector } = options;
  const { timers = systemTimers, random = Math.random } = options;
  const timings = { ...defaultTimings, ...options.timings };
  const log = options.log.child({ informer: resource.plural });
  const store = createStore(options.indexes);
  for (const object of options.initial ?? []) store.set(object);
  const listeners = new Set<(change: Change<T>) => void>();
  const backoff = createBackoff(timings.backoff, random);
  const stopping = new AbortController();
  const firstSync = Promise.withResolvers<void>();
  firstSync.promise.catch(() => {});
  let synced = false;
  /** Where the next watch begins; undefined: list first. */
  let version: string | undefined;
  let running: Promise<void> | undefined;

  function shrink(object: KubeObject): void {
    // As large as the rest of an object, and nobody here asks for them.
    delete object.metadata.managedFields;
    options.shrink?.(object);
  }

  function tell(listener: (change: Change<T>) => void, change: Change<T>): void {
    try {
      listener(change);
    } catch (error) {
      log.error({ err: error, name: change.object.metadata.name }, 'a listener failed');
    }
  }

  function publish(changes: Change<T>[]): void {
    for (const change of changes) {
      for (const listener of listeners) tell(listener, change);
    }
  }

  /** Answers the version of the list. */
  async function relist(): Promise<string> {
    const unreadable = new Set<string>();
    const { items, resourceVersion } = await client.list(resource, {
      namespace,
      labelSelector,
      fieldSelector,
      signal: stopping.signal,
      onUnreadable(error, key) {
        unreadable.add(makeKey(key.name, key.namespace));
        log.error({ err: error, ...key }, 'an object cannot be read and is left as it was');
      },
      onObject: shrink,
    });
    items.forEach(shrink);
    publish(store.replaceAll(items, unreadable));
    synced = true;
    firstSync.resolve();
    return resourceVersion;
  }

  /** Watches until the watch ends, and moves `version` on. */
  async function watchFrom(resourceVersion: string): Promise<void> {
    const { serverTimeoutMinMs, serverTimeoutMaxMs, inactivityTimeoutMs } = timings;
    const timeoutMs = serverTimeoutMinMs + random() * (serverTimeoutMaxMs - serverTimeoutMinMs);
    const events = client.watch(resource, {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion,
      timeoutSeconds: Math.max(1, Math.round(timeoutMs / 1000)),
      inactivityTimeoutMs,
      signal: stopping.signal,
    });
    for await (const event of events) {
      backoff.reset();
      if (event.type === 'Unreadable') {
        log.error({ err: event.error, ...event.key }, 'an object cannot be read and is left as it was');
      } else if (event.type !== 'Bookmark') {
        take(event.type, event.object);
      }
      version = event.resourceVersion;
    }
  }

  function take(type: Change<T>['type'], object: T): void {
    shrink(object);
    try {
      publish(type === 'Deleted' ? store.delete(keyOf(object), object) : store.set(object));
    } catch (error) {
      log.error(
        { err: error, name: object.metadata.name },
        'an index function failed: the object is left as it was',
      );
    }
  }

  /** One list, where needed, and one watch; answers how long to wait before the next, in milliseconds. */
  async function listAndWatch(): Promise<number> {
    let watchingSince = Number.POSITIVE_INFINITY;
    let askedToWaitMs = 0;
    try {
      version ??= await relist();
      watchingSince = timers.monotonic();
      await watchFrom(version);
    } catch (error) {
      if (stopping.signal.aborted) return 0;
      if (isKubeError(error, 'Gone')) version = undefined;
      if (isKubeError(error)) askedToWaitMs = error.retryAfterMs ?? 0;
      // A resource that nobody touches may well be silent; that is no reason to worry people.
      const quiet =
        isKubeError(error, 'Timeout') && timers.monotonic() - watchingSince >= timings.inactivityTimeoutMs;
      const fields = { err: error, relist: version === undefined };
      log[quiet ? 'debug' : 'warn'](fields, 'watching was interrupted and goes on');
    }
    // Short-lived watches do not reset it: a server that ends each at once must not be asked in a tight loop.
    if (timers.monotonic() - watchingSince >= timings.healthyAfterMs) backoff.reset();
    return Math.max(backoff.next(), askedToWaitMs);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const waitMs = await listAndWatch();
      await sleep(timers, waitMs, stopping.signal);
    }
  }

  return {
    start() {
      if (running !== undefined || stopping.signal.aborted) return;
      running = run();
    },
    async stop() {
      stopping.abort();
      await running;
      if (!synced) firstSync.reject(kubeError('Stopped', `the first list of ${resource.plural}`));
    },
    synced: () => firstSync.promise,
    hasSynced: () => synced,
    get: (name, inNamespace) => store.get(makeKey(name, inNamespace)),
    list: () => store.list(),
    byIndex: (indexName, key) => store.byIndex(indexName, key),
    onChange(listener) {
      listeners.add(listener);
      for (const object of store.list()) tell(listener, { type: 'Added', object });
      return () => listeners.delete(listener);
    },
  };
}
