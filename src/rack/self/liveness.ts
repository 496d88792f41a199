import type { Clock } from '../../domain/clock.ts';
import { createRenewals } from '../../domain/renewals.ts';
import type { KubeClient } from '../../kube/client.ts';
import { leases } from '../../kube/core-resources.ts';
import { createInformer } from '../../kube/informer.ts';
import type { Logger } from '../../log/logger.ts';
import { heartbeat, rackLeaseName } from './heartbeat.ts';

/** Which racks are alive, by their Leases. */
export interface RackLiveness {
  /** False for a rack without a Lease; true for one that was met for the first time a moment ago. */
  isAlive(rack: string): boolean;
  /** Those that are alive, by name. */
  live(): string[];
  /** The first by name of those that are alive. */
  first(): string | undefined;
  start(): void;
  synced(): Promise<void>;
  stop(): Promise<void>;
}

/** Follows the Leases of all racks. How long ago one was renewed is measured here: nodes need not agree on the time. */
export function createRackLiveness(deps: {
  client: Pick<KubeClient, 'list' | 'watch'>;
  namespace: string;
  clock: Clock;
  log: Logger;
}): RackLiveness {
  const { client, namespace, clock, log } = deps;
  const prefix = rackLeaseName('');
  const renewals = createRenewals();
  const racks = new Set<string>();
  const informer = createInformer({ client, resource: leases, namespace, log });
  informer.onChange(({ type, object: { metadata, spec } }) => {
    if (!metadata.name.startsWith(prefix)) return;
    const rack = metadata.name.slice(prefix.length);
    if (type === 'Deleted') {
      racks.delete(rack);
      renewals.forget(rack);
    } else {
      racks.add(rack);
      renewals.saw(rack, spec?.renewTime, clock.now());
    }
  });
  const isAlive = (rack: string): boolean => {
    const silence = renewals.silence(rack, clock.now());
    return silence !== undefined && silence < heartbeat.aliveMs;
  };
  return {
    isAlive,
    live: () => [...racks].filter(isAlive).sort(),
    first: () => [...racks].filter(isAlive).sort()[0],
    start: () => informer.start(),
    synced: () => informer.synced(),
    stop: () => informer.stop(),
  };
}
