import { messageOf } from '../../../errors/coded-error.ts';
import type { Caller } from '../../../kube/endpoint/caller-review.ts';
import type { Change } from '../../../kube/informer.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { systemTimers, type Timers } from '../../../kube/timers.ts';
import type { Logger } from '../../../log/logger.ts';
import type { Access } from '../../access.ts';
import type { Caches } from '../../caches.ts';
import { ServerError, serverError } from '../../errors.ts';
import { apiResources, attributesOf, resourceOf } from '../../resources.ts';
import { seenBy, type Tenant, tenantOf } from '../../tenancy.ts';
import { kindOf, pastKindOf, type WatchFilter } from './filter.ts';
import { createHistory, type EventKind, type StreamEvent } from './history.ts';
import { createPack } from './pack.ts';
import { createEventStream, type EventStream, type StreamSink, type View } from './stream.ts';

/** What a client wants to watch. */
export interface Subscription {
  caller: Caller;
  /** Who the caller is by now. Errors: Unauthenticated, Unavailable. */
  again(): Promise<Caller>;
  nouns: readonly string[];
  namespace: string | undefined;
  /** Undefined: all objects. */
  filter: WatchFilter | undefined;
  lastEventId: string | undefined;
}

/** Hands every change to every stream that may see it. */
export interface WatchHub {
  /** Begins to listen to the caches, when they are filled. */
  start(): void;
  /** Rights are checked before anything is sent. Errors: Forbidden, TooManyRequests, Unavailable. */
  admit(subscription: Subscription): Promise<(sink: StreamSink) => EventStream>;
  streams(): number;
  /** Says goodbye to all streams. */
  stop(): void;
}

export interface HubOptions {
  access: Access;
  caches: Caches;
  log: Logger;
  timers?: Timers | undefined;
  limits?: Partial<HubLimits> | undefined;
}

export interface HubLimits {
  /** Streams at once, and those of one token. */
  streams: number;
  streamsOfOne: number;
  /** Events that wait for one client, and bytes that it has not taken. */
  events: number;
  bytes: number;
  /** Events that come within this time after one that was sent go out together, in milliseconds. */
  gatherMs: number;
  history: { events: number; characters: number };
  /** Between two looks whether a client may still watch, and a comment for it, in milliseconds. */
  checkEveryMs: number;
}

const defaultLimits: HubLimits = {
  streams: 256,
  streamsOfOne: 32,
  events: 2_000,
  bytes: 4 * 1024 * 1024,
  gatherMs: 20,
  history: { events: 10_000, characters: 64 * 1024 * 1024 },
  checkEveryMs: 10_000,
};

export function createWatchHub(options: HubOptions): WatchHub {
  const { access, caches, log, timers = systemTimers } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const history = createHistory(limits.history);
  const streams = new Map<EventStream, Subscription>();
  const pack = createPack();
  /** Callers who were let in and whose streams are about to be open. */
  const opening = new Set<{ caller: Caller }>();
  const endings: (() => void)[] = [];
  let cancel = (): void => undefined;
  let stopped = false;

  async function viewOf({ caller, nouns, namespace }: Subscription): Promise<View> {
    const tenants = new Map<string, Tenant>();
    const view: View = { nouns: new Map(), namespace, tenants };
    for (const noun of nouns) {
      const resource = resourceOf(noun);
      if (namespace !== undefined) {
        await access.require(caller, attributesOf(resource, 'watch', { namespace }));
        view.nouns.set(noun, new Map([[namespace, true]]));
      } else if (await access.may(caller, attributesOf(resource, 'watch'))) {
        view.nouns.set(noun, true);
      } else if (resource.kind.namespaced) {
        view.nouns.set(noun, new Map());
      } else if (noun === 'machines' || noun === 'machine-inventories') {
        const tenant = await tenantOf({ access, caches }, caller, 'watch', noun);
        if (tenant) tenants.set(noun, tenant);
        view.nouns.set(noun, true);
      } else {
        await access.require(caller, attributesOf(resource, 'watch'));
      }
    }
    return view;
  }

  /** Rights that were taken away end a stream, or a part of it, within the time between two looks. */
  async function check(stream: EventStream, subscription: Subscription): Promise<void> {
    try {
      const caller = await subscription.again();
      const fresh = await viewOf({ ...subscription, caller });
      for (const [noun, known] of fresh.nouns) stream.view.nouns.set(noun, known);
      stream.view.tenants = fresh.tenants ?? new Map();
      stream.comment(history.lastId());
    } catch (error) {
      const code = error instanceof ServerError ? error.code : undefined;
      if (code === 'Unauthenticated' || code === 'Forbidden') stream.bye(code);
      else log.warn({ error: messageOf(error) }, 'a stream’s rights cannot be looked at again');
    }
  }

  async function checkAll(): Promise<void> {
    for (const [stream, subscription] of [...streams]) await check(stream, subscription);
    if (!stopped) cancel = timers.after(limits.checkEveryMs, () => void checkAll());
  }

  /** What came after an id, as the stream sees it; undefined: not known any more, or too much. */
  function missedBy(
    { view }: EventStream,
    { filter, lastEventId }: Subscription,
  ): { event: StreamEvent; frame: string }[] | undefined {
    const missed = lastEventId === undefined ? undefined : history.since(lastEventId);
    const watched = missed?.filter(({ noun }) => view.nouns.has(noun));
    // Of the past there is only what those see who see all.
    const isWhole = watched?.every(({ noun }) => view.tenants?.has(noun) !== true) === true;
    if (watched === undefined || !isWhole || watched.length > limits.events) return undefined;
    return watched.flatMap((event) => {
      const kind = filter === undefined ? event.kind : pastKindOf(event, filter);
      return kind === undefined ? [] : [{ event, frame: history.frameAs(event, kind) }];
    });
  }

  function replay(stream: EventStream, sink: StreamSink, subscription: Subscription): void {
    const { lastEventId } = subscription;
    const missed = missedBy(stream, subscription);
    if (missed !== undefined) {
      for (const { event, frame } of missed) stream.offer(event, frame);
      return;
    }
    const name = lastEventId === undefined ? 'hello' : 'resync';
    const data = JSON.stringify({
      detail:
        lastEventId === undefined
          ? 'changes follow: list now what there is'
          : 'what was missed is not known any more: list anew what there is',
    });
    sink.write(`id: ${history.lastId()}\nevent: ${name}\ndata: ${data}\n\n`);
  }

  /** A change as a tenant sees it: of what they see no part of, nothing. */
  function offerInPart(
    stream: EventStream,
    event: StreamEvent,
    {
      change,
      tenant,
      filter,
    }: { change: Change<KubeObject>; tenant: Tenant; filter: WatchFilter | undefined },
  ): void {
    const sees = (object: KubeObject) => seenBy(tenant, event.noun, object, caches);
    const object = sees(change.object);
    if (object === undefined) return;
    const previous = change.previous && sees(change.previous);
    const kind =
      filter === undefined
        ? event.kind
        : kindOf({ ...change, object, ...(previous ? { previous } : {}) }, filter);
    if (kind !== undefined) stream.offer(event, history.frameOf(event, kind, object));
  }

  /** Hands a change to all streams. Those with the same filter share its verdict. */
  function publish(event: StreamEvent, change: Change<KubeObject>): void {
    const verdicts = new Map<string, EventKind | undefined>();
    for (const [stream, { filter }] of streams) {
      if (!stream.view.nouns.has(event.noun)) continue;
      const tenant = stream.view.tenants?.get(event.noun);
      if (tenant !== undefined) {
        offerInPart(stream, event, { change, tenant, filter });
        continue;
      }
      if (filter === undefined) {
        stream.offer(event);
        continue;
      }
      if (!verdicts.has(filter.key)) verdicts.set(filter.key, kindOf(change, filter));
      const kind = verdicts.get(filter.key);
      if (kind !== undefined) stream.offer(event, history.frameAs(event, kind));
    }
  }

  return {
    start() {
      for (const { noun } of apiResources) {
        let replaying = true;
        const end = caches.of(noun).onChange((change) => {
          if (replaying) return;
          publish(history.record(noun, change), change);
        });
        replaying = false;
        endings.push(end);
      }
      cancel = timers.after(limits.checkEveryMs, () => void checkAll());
    },
    async admit(subscription) {
      const view = await viewOf(subscription);
      const { tokenHash } = subscription.caller;
      const all = [...streams.keys(), ...opening];
      const own = all.filter(({ caller }) => caller.tokenHash === tokenHash);
      if (all.length >= limits.streams || own.length >= limits.streamsOfOne) {
        throw serverError('TooManyRequests', 'too many streams are open', { retryAfterSeconds: 10 });
      }
      if (stopped) throw serverError('NotReady', 'the server ends');
      // Who was let in counts from now on, though many may be let in before the first of them is open; that is in this turn, or never.
      const admitted = { caller: subscription.caller };
      opening.add(admitted);
      setImmediate(() => opening.delete(admitted));
      return (sink) => {
        opening.delete(admitted);
        const { caller } = subscription;
        const stream: EventStream = createEventStream(
          {
            caller,
            view,
            sink,
            limits,
            pack,
            timers,
            gatherMs: limits.gatherMs,
            mayWatch: (noun, namespace) =>
              access.may(caller, attributesOf(resourceOf(noun), 'watch', { namespace })),
          },
          () => streams.delete(stream),
        );
        streams.set(stream, subscription);
        replay(stream, sink, subscription);
        return stream;
      };
    },
    streams: () => streams.size,
    stop() {
      stopped = true;
      cancel();
      for (const end of endings.splice(0)) end();
      for (const stream of [...streams.keys()]) stream.bye('Stopping');
    },
  };
}
