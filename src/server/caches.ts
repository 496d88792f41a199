import type { KubeClient } from '../kube/client.ts';
import { createInformer, type Informer, type InformerOptions } from '../kube/informer.ts';
import { createPacking } from '../kube/packing.ts';
import { type KubeObject, keyOf, makeKey } from '../kube/resource.ts';
import { sleep, systemTimers, type Timers } from '../kube/timers.ts';
import type { Logger } from '../log/logger.ts';
import { createOrderings, type Orderings, type Selection } from './list/ordering.ts';
import type { Placed, SortKey } from './list/page.ts';
import { type ApiResource, apiResources, resourceOf } from './resources.ts';

/** A local copy of every resource. Callers' rights are checked by whoever reads from it. */
export interface Caches {
  of(noun: string): Informer<KubeObject>;
  start(): void;
  hasSynced(): boolean;
  synced(): Promise<void>;
  /** The objects of a selection in an order: worked out once, then kept so with every change. */
  ordered(noun: string, order: readonly SortKey[], selection: Selection): readonly Placed[];
  /** Grows with every change of a resource: what was worked out from its objects holds as long as this is the same. */
  revision(noun: string): number;
  /** Resolves when a write is in the copy, or after a second: whoever writes finds it in the next list. */
  seen(resource: ApiResource, written: KubeObject): Promise<void>;
  /** As `seen`, for a removal. */
  gone(resource: ApiResource, name: string, namespace: string | undefined): Promise<void>;
  stop(): Promise<void>;
}

const seenWithinMs = 1_000;

/** Of one resource: those of the lists that people look at. */
const mostOrderings = 24;

/** Ten times as large as a machine, and read one at a time. */
const packed: ReadonlySet<string> = new Set(['machine-inventories']);

export function createCaches(options: {
  client: Pick<KubeClient, 'list' | 'watch'>;
  log: Logger;
  timers?: Timers | undefined;
  timings?: InformerOptions<KubeObject>['timings'];
}): Caches {
  const { client, log, timers = systemTimers, timings } = options;
  const pack = createPacking();
  const informers = new Map(
    apiResources.map(({ noun, kind }) => [
      noun,
      createInformer({ client, log, resource: kind, timings, shrink: packed.has(noun) ? pack : undefined }),
    ]),
  );
  const waiting = new Map<string, Set<() => void>>();
  const revisions = new Map<string, number>();
  const orderings = new Map<string, Orderings>();
  for (const [noun, informer] of informers) {
    const own = createOrderings(() => informer.list(), mostOrderings);
    orderings.set(noun, own);
    informer.onChange((change) => {
      const { object } = change;
      own.take(change);
      revisions.set(noun, (revisions.get(noun) ?? 0) + 1);
      for (const look of waiting.get(`${noun} ${keyOf(object)}`) ?? []) look();
    });
  }

  function of(noun: string): Informer<KubeObject> {
    const informer = informers.get(resourceOf(noun).noun);
    if (informer === undefined) throw new RangeError(`there is no cache of ${noun}`);
    return informer;
  }

  async function until({ noun }: ApiResource, objectKey: string, holds: () => boolean): Promise<void> {
    const key = `${noun} ${objectKey}`;
    const there = Promise.withResolvers<void>();
    const look = (): void => {
      if (holds()) there.resolve();
    };
    const lookers = waiting.get(key) ?? new Set();
    waiting.set(key, lookers.add(look));
    look();
    const ending = new AbortController();
    await Promise.race([there.promise, sleep(timers, seenWithinMs, ending.signal)]);
    ending.abort();
    lookers.delete(look);
    if (lookers.size === 0) waiting.delete(key);
  }

  return {
    of,
    ordered: (noun, order, selection) => orderings.get(noun)?.of(order, selection) ?? [],
    revision: (noun) => revisions.get(noun) ?? 0,
    start() {
      for (const informer of informers.values()) informer.start();
    },
    hasSynced: () => [...informers.values()].every((informer) => informer.hasSynced()),
    async synced() {
      await Promise.all([...informers.values()].map((informer) => informer.synced()));
    },
    async seen(resource, written) {
      const { name, namespace } = written.metadata;
      await until(resource, makeKey(name, namespace), () =>
        isAtLeast(of(resource.noun).get(name, namespace), written),
      );
    },
    async gone(resource, name, namespace) {
      const uid = of(resource.noun).get(name, namespace)?.metadata.uid;
      await until(resource, makeKey(name, namespace), () => {
        const held = of(resource.noun).get(name, namespace);
        return held === undefined || held.metadata.uid !== uid;
      });
    },
    async stop() {
      await Promise.all([...informers.values()].map((informer) => informer.stop()));
    },
  };
}

/** Resource versions of one resource can be compared as numbers, when they are numbers. */
function isAtLeast(held: KubeObject | undefined, written: KubeObject): boolean {
  const [ours, theirs] = [held?.metadata.resourceVersion ?? '', written.metadata.resourceVersion ?? ''];
  if (ours === theirs) return true;
  return /^\d+$/.test(ours) && /^\d+$/.test(theirs) && BigInt(ours) >= BigInt(theirs);
}
