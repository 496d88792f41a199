import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../domain/clock.ts';
import { CodedError } from '../errors/coded-error.ts';
import type { Logger } from '../log/logger.ts';
import type { KubeClient } from './client.ts';
import { events, type ObjectReference } from './core-resources.ts';
import { microTime } from './election.ts';
import { isKubeError } from './errors.ts';
import { sleep, systemTimers, type Timers } from './timers.ts';
import { createWorkQueue } from './work-queue.ts';

/** The object that an Event is about. */
export interface Regarding {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string | undefined;
  uid?: string | undefined;
}

/** Tells people what happened, in `kubectl describe` and `kubectl events`. Never throws, never waits, never floods. */
export interface EventRecorder {
  /**
   * @param reason CamelCase, one of a closed list. @param message a sentence for people, cut at 1,024 bytes; no secrets.
   * The same words again about the same object are counted in one Event, not written anew.
   * @param at when it happened, epoch milliseconds; default: now.
   */
  event(regarding: Regarding, type: 'Normal' | 'Warning', reason: string, message: string, at?: number): void;
  /** Gives what waits two seconds to be written; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

export interface EventRecorderOptions {
  client: Pick<KubeClient, 'create' | 'patch'>;
  /** The reporting controller: `metalwright.dev/operator`. */
  component: string;
  /** Which process of the component. Default: the component. */
  instance?: string | undefined;
  /** Where Events about cluster-scoped objects go. Default `default`: the API server accepts no other. */
  namespaceForClusterScoped?: string | undefined;
  clock?: Clock | undefined;
  timers?: Timers | undefined;
  log: Logger;
}

interface Series {
  key: string;
  /** Of the Event that is written for it first. */
  name: string;
  namespace: string;
  regarding: Regarding;
  type: 'Normal' | 'Warning';
  reason: string;
  note: string;
  /** Epoch milliseconds of the first and the last time. */
  firstAt: number;
  lastAt: number;
  count: number;
  /** The Event that stands for it on the API server, and the count written there. */
  written: { name: string; count: number; at: number } | undefined;
}

/** Repeats within this time belong to one Event; the API server keeps Events for an hour. */
const seriesGapMs = 30 * 60_000;
/** The count of a series is written no more often than this, after its first repeat. */
const countIntervalMs = 5 * 60_000;
const maxSeries = 2000;
const maxWaiting = 1000;
const maxAttempts = 6;
/** Different Events about one object: this many at once, then one each refill. A deployment is told in about 25. */
const burstPerObject = 50;
const refillMs = 30_000;
const stopWithinMs = 2_000;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, component, instance = component, namespaceForClusterScoped = 'default' } = options;
  const { clock = systemClock, timers = systemTimers, log } = options;
  const seriesByKey = new Map<string, Series>();
  const budgets = new Map<string, { tokens: number; at: number }>();
  const queue = createWorkQueue({ timers, backoff: { baseMs: 1000, maxMs: 60_000 } });
  const worker = work();
  let recorded = 0;

  function allowed(regarding: Regarding, now: number): boolean {
    const object = `${regarding.kind}/${regarding.namespace ?? ''}/${regarding.name}`;
    const budget = budgets.get(object) ?? { tokens: burstPerObject, at: now };
    const tokens = Math.min(burstPerObject, budget.tokens + (now - budget.at) / refillMs);
    remember(budgets, object, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1;
  }

  function record(
    regarding: Regarding,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    at: number | undefined,
  ): void {
    const now = clock.now();
    const note = cutBytes(message, 1024);
    const key = JSON.stringify([
      regarding.kind,
      regarding.namespace,
      regarding.name,
      regarding.uid,
      type,
      reason,
      note,
    ]);
    const known = seriesByKey.get(key);
    if (known !== undefined && now - known.lastAt < seriesGapMs) {
      known.count++;
      known.lastAt = now;
      remember(seriesByKey, key, known);
      const { written } = known;
      // Not written yet: the count goes with the first write. Second time: at once. Later: now and then.
      if (written !== undefined)
        queue.addAfter(key, written.count === 1 ? 0 : written.at + countIntervalMs - now);
      return;
    }
    if (queue.length() >= maxWaiting || !allowed(regarding, now)) {
      log.warn({ name: regarding.name, reason, note }, 'too many events: this one is only in the log');
      return;
    }
    const namespace = regarding.namespace ?? namespaceForClusterScoped;
    const series = { key, namespace, regarding, type, reason: cutBytes(reason, 128), note };
    const firstAt = at ?? now;
    const name = nameAfter(regarding, firstAt, recorded++);
    remember(seriesByKey, key, { ...series, name, firstAt, lastAt: now, count: 1, written: undefined });
    queue.add(key);
  }

  async function work(): Promise<void> {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      const series = seriesByKey.get(key);
      try {
        if (series !== undefined) await write(series);
        queue.forget(key);
      } catch (error) {
        giveUpOrRetry(key, error);
      } finally {
        queue.done(key);
      }
    }
  }

  function giveUpOrRetry(key: string, error: unknown): void {
    // An API server that is away comes back; the number of series bounds what waits for it.
    const isAway = isKubeError(error, 'Unavailable', 'Timeout');
    const mayPass = error instanceof CodedError && error.retryable && queue.failures(key) < maxAttempts;
    if (isAway || mayPass) {
      queue.addRateLimited(key);
      return;
    }
    queue.forget(key);
    log.debug({ err: error }, 'an event could not be written and is dropped');
  }

  async function write(series: Series): Promise<void> {
    const { count, written } = series;
    if (written === undefined) {
      await createEvent(series);
      return;
    }
    if (written.count === count) return;
    try {
      await client.patch(
        events,
        written.name,
        { series: { count, lastObservedTime: microTime(series.lastAt) } },
        { namespace: series.namespace },
      );
      series.written = { name: written.name, count, at: clock.now() };
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error;
      series.name = nameAfter(series.regarding, series.lastAt, recorded++);
      await createEvent(series);
    }
  }

  async function createEvent(series: Series): Promise<void> {
    const { regarding, namespace, type, reason, note, count, name } = series;
    const event = {
      metadata: { name, namespace },
      eventTime: microTime(series.firstAt),
      reportingController: component,
      reportingInstance: instance.slice(0, 128),
      action: reason,
      reason,
      type,
      note,
      regarding: referenceTo(regarding),
      ...(count > 1 ? { series: { count, lastObservedTime: microTime(series.lastAt) } } : {}),
    };
    await client.create(events, event).catch((error: unknown) => {
      // An earlier attempt whose answer was lost.
      if (!isKubeError(error, 'AlreadyExists')) throw error;
    });
    series.written = { name, count, at: clock.now() };
    // It happened again while the first was being written.
    if (series.count > count) queue.add(series.key);
  }

  return {
    event(regarding, type, reason, message, at) {
      try {
        record(regarding, type, reason, message, at);
      } catch (error) {
        log.error({ err: error }, 'recording an event failed');
      }
    },
    async stop() {
      const startedAt = timers.monotonic();
      while (queue.length() > 0 && timers.monotonic() - startedAt < stopWithinMs) await sleep(timers, 20);
      queue.shutDown();
      await worker;
    },
  };
}

/**
 * Names in the order of time: `kubectl describe` shows Events of events.k8s.io/v1 in the order of their names. The time in microseconds,
 * a number for those of one moment, and what keeps two processes apart.
 */
function nameAfter({ name }: Regarding, at: number, order: number): string {
  const time = Math.max(0, Math.round(at * 1000))
    .toString(16)
    .padStart(14, '0');
  const turn = (order % 0x10000).toString(16).padStart(4, '0');
  return `${name.slice(0, 220)}.${time}${turn}${randomBytes(4).toString('hex')}`;
}

function referenceTo({ apiVersion, kind, name, namespace, uid }: Regarding): ObjectReference {
  return { apiVersion, kind, name, namespace, uid };
}

/** Puts the entry last and forgets the oldest beyond the limit. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= maxSeries) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

/** The longest beginning of `text` that fits into `limit` bytes of UTF-8, never half a character. */
export function cutBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= limit) return text;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, limit), { stream: true });
}
