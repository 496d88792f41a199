import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { apiVersion } from '../../api/meta.ts';
import { type Clock, systemClock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { events } from '../../kube/core-resources.ts';
import { createInformer } from '../../kube/informer.ts';
import type { Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { HistoryStore } from '../../store/store.ts';
import type { Caches } from '../caches.ts';
import { createIngester } from './ingester.ts';
import { createTurn, type TurnTimings } from './turn.ts';

/** History as the server keeps it. */
export interface ServerHistory {
  start(): void;
  /** Whether this server is the one that tells of resources. */
  isOurs(): boolean;
  stop(): Promise<void>;
}

/** Ties the store to what is watched. The store itself is started and stopped with it. */
export function createServerHistory(options: {
  store: HistoryStore;
  caches: Caches;
  client: Pick<KubeClient, 'list' | 'watch'>;
  log: Logger;
  timers: Timers;
  clock?: Clock | undefined;
  timings?: Partial<TurnTimings> | undefined;
}): ServerHistory {
  const { store, caches, client, timers, clock = systemClock } = options;
  const log = options.log.child({ part: 'history' });
  const told = createInformer({
    ...{ client, log, timers },
    resource: events,
    fieldSelector: `regarding.apiVersion=${apiVersion}`,
  });
  const ingester = createIngester({
    ...{ events: told, log, clock },
    sourceOf: (noun) => caches.of(noun),
    record: (rows) => store.record(rows),
    onDisk: () => store.onDisk(),
  });
  const holder = `${hostname()}-${randomUUID()}`;
  const turn = createTurn({ store, ingester, caches, holder, log, clock, timers, timings: options.timings });
  let started = false;
  let stopped = false;
  return {
    start() {
      started = true;
      store.start();
      told.start();
      caches.synced().then(
        () => {
          if (!stopped) turn.start();
        },
        () => undefined,
      );
    },
    isOurs: () => turn.isOurs(),
    async stop() {
      if (!started || stopped) return;
      stopped = true;
      await turn.stop();
      await told.stop();
      await store.stop();
    },
  };
}
