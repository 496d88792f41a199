import type { KubeClient } from '../../kube/client.ts';
import { type Lease, leases } from '../../kube/core-resources.ts';
import { createInformer } from '../../kube/informer.ts';
import type { Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import { sliceLabel } from './slice-lease.ts';

/** A Lease as it was last seen. */
export interface Sight {
  lease: Lease;
  /** Monotonic clock: when it was first seen like this. */
  at: number;
  /** It was deleted. */
  gone: boolean;
}

/** The Leases of all slices, and since when each is as it is. */
export interface SliceSights {
  get(name: string): Sight | undefined;
  /** Tells of a Lease that was just written or read. */
  saw(lease: Lease): void;
  hasSynced(): boolean;
  start(): void;
  stop(): Promise<void>;
}

/** Follows the Leases of slices. @param deleted called when one is deleted */
export function createSliceSights(deps: {
  client: Pick<KubeClient, 'list' | 'watch'>;
  namespace: string;
  timers: Timers;
  random: () => number;
  log: Logger;
  deleted(): void;
}): SliceSights {
  const { client, namespace, timers, random, log } = deps;
  const sights = new Map<string, Sight>();
  const informer = createInformer({
    client,
    resource: leases,
    namespace,
    labelSelector: `${sliceLabel}=true`,
    log,
    timers,
    random,
  });
  informer.onChange(({ type, object }) => {
    const { name, resourceVersion } = object.metadata;
    const known = sights.get(name);
    const gone = type === 'Deleted';
    if (!gone && known?.gone === false && known.lease.metadata.resourceVersion === resourceVersion) return;
    sights.set(name, { lease: object, at: timers.monotonic(), gone });
    if (gone) deps.deleted();
  });
  return {
    get: (name) => sights.get(name),
    saw(lease) {
      sights.set(lease.metadata.name, { lease, at: timers.monotonic(), gone: false });
    },
    hasSynced: () => informer.hasSynced(),
    start: () => informer.start(),
    stop: () => informer.stop(),
  };
}
