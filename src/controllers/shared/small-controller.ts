import type { Clock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Controller, type ControllerMeter, runController } from '../../kube/controller.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Fence } from '../../kube/fence.ts';
import type { Informer } from '../../kube/informer.ts';
import { type KubeObject, keyOf } from '../../kube/resource.ts';
import type { Logger } from '../../log/logger.ts';
import type { Informers } from './informers.ts';

/** What every controller is made from. */
export interface ControllerDeps {
  client: KubeClient;
  informers: Informers;
  events: EventRecorder;
  /** Asked before each write: only the leader writes. */
  fence: Fence;
  clock: Clock;
  log: Logger;
  meter?: ControllerMeter | undefined;
}

/** Enqueues the objects of a kind, and those that `related` names when another kind changes. */
export function watchInto<T extends KubeObject>(
  controller: Controller,
  informer: Informer<T>,
  keysOf: (object: T) => Iterable<string> = (object) => [keyOf(object)],
): () => void {
  return informer.onChange((change) => {
    for (const key of keysOf(change.object)) controller.enqueue(key);
    if (change.previous !== undefined) for (const key of keysOf(change.previous)) controller.enqueue(key);
  });
}

/** Waits after failures, in milliseconds: other controllers and people wait for what these say. */
const backoff = { baseMs: 200, maxMs: 30_000 } as const;

/** A controller whose watches begin with it and end with it, and that does nothing without the lease. */
export function fencedController(
  deps: Pick<ControllerDeps, 'fence' | 'log' | 'meter'>,
  name: string,
  reconcile: (key: string, signal: AbortSignal) => Promise<{ requeueAfterMs?: number } | undefined>,
  watch: (controller: Controller) => (() => void)[],
  concurrency?: number,
): Controller {
  const controller = runController({
    name,
    log: deps.log,
    meter: deps.meter,
    concurrency,
    backoff,
    async reconcile(key, signal) {
      deps.fence.assertHeld();
      return await reconcile(key, signal);
    },
  });
  let unwatch: (() => void)[] = [];
  return {
    name,
    enqueue: (key) => controller.enqueue(key),
    enqueueAfter: (key, ms) => controller.enqueueAfter(key, ms),
    start() {
      unwatch = watch(controller);
      controller.start();
    },
    async stop() {
      for (const end of unwatch) end();
      await controller.stop();
    },
  };
}
