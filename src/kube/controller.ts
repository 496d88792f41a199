import type { Logger } from '../log/logger.ts';
import type { BackoffOptions } from './backoff.ts';
import { isKubeError } from './errors.ts';
import type { Timers } from './timers.ts';
import { createWorkQueue } from './work-queue.ts';

/** What a reconcile asks for; undefined: nothing until something changes. */
export interface ReconcileResult {
  requeueAfterMs?: number | undefined;
}

export interface ControllerOptions {
  name: string;
  /** How many keys are worked on at a time. Default 4. */
  concurrency?: number | undefined;
  /**
   * Makes the world as the object behind the key wants it, from what is seen now: it is told that something changed, never
   * what. A throw is logged and the key is tried again with growing waits. The signal is aborted when the controller stops.
   */
  reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult | undefined>;
  log: Logger;
  /** Counts what it does. */
  meter?: ControllerMeter | undefined;
  /** Waits after failures. Default 200 ms to 5 minutes, full jitter. */
  backoff?: BackoffOptions | undefined;
  timers?: Timers | undefined;
  random?: (() => number) | undefined;
}

/** Whoever counts what controllers do. */
export interface ControllerMeter {
  /** A reconcile ended; `Conflict`: somebody else was faster, which is no failure. */
  reconciled(controller: string, result: 'Done' | 'Conflict' | 'Failed', ms: number): void;
  /** How many keys wait, asked for at any time. */
  queue(controller: string, length: () => number): void;
}

export interface Controller {
  readonly name: string;
  enqueue(key: string): void;
  enqueueAfter(key: string, ms: number): void;
  /** Keys that were enqueued before wait until now. */
  start(): void;
  /** Aborts the signals, takes no more keys, and resolves when running reconciles have returned. */
  stop(): Promise<void>;
}

/** A work queue and the workers on it. */
export function runController(options: ControllerOptions): Controller {
  const { name, concurrency = 4, reconcile } = options;
  const log = options.log.child({ controller: name });
  const queue = createWorkQueue({ backoff: options.backoff, timers: options.timers, random: options.random });
  const { meter } = options;
  meter?.queue(name, () => queue.length());
  const stopping = new AbortController();
  let workers: Promise<void>[] | undefined;

  async function work(): Promise<void> {
    for (;;) {
      const key = await queue.take();
      if (key === undefined) return;
      const startedAt = performance.now();
      try {
        const result = await reconcile(key, stopping.signal);
        meter?.reconciled(name, 'Done', performance.now() - startedAt);
        queue.forget(key);
        if (result?.requeueAfterMs !== undefined) queue.addAfter(key, result.requeueAfterMs);
      } catch (error) {
        const result = isKubeError(error, 'Conflict') ? 'Conflict' : 'Failed';
        meter?.reconciled(name, result, performance.now() - startedAt);
        retry(key, error);
      } finally {
        queue.done(key);
      }
    }
  }

  function retry(key: string, error: unknown): void {
    if (stopping.signal.aborted) {
      log.debug({ key, err: error }, 'a reconcile was ended by the stop');
      return;
    }
    const retryInMs = queue.addRateLimited(key);
    const fields = { key, err: error, failures: queue.failures(key), retryInMs };
    // Somebody else was faster: the next look at the world settles it.
    if (isKubeError(error, 'Conflict')) log.debug(fields, 'the object had changed; reconciling again');
    else log.warn(fields, 'reconciling failed and will be tried again');
  }

  return {
    name,
    enqueue: (key) => queue.add(key),
    enqueueAfter: (key, ms) => queue.addAfter(key, ms),
    start() {
      if (stopping.signal.aborted) return;
      workers ??= Array.from({ length: concurrency }, work);
    },
    async stop() {
      stopping.abort();
      queue.shutDown();
      await Promise.all(workers ?? []);
    },
  };
}
