import type { Clock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Lease, leases } from '../../kube/core-resources.ts';
import { createInformer } from '../../kube/informer.ts';
import type { Logger } from '../../log/logger.ts';
import { heartbeat, rackLeaseName } from './heartbeat.ts';

/** Which racks are alive, by their Leases. */
export interface RackLiveness {
  isAlive(rack: string): boolean;
  /** The first by name of those that are alive. */
  first(): string | undefined;
  start(): void;
  synced(): Promise<void>;
  stop(): Promise<void>;
}

/** Whether a Lease was renewed lately. */
export function isCurrent(lease: Lease | undefined, now: number): boolean {
  const renewed = lease?.spec?.renewTime;
  return renewed !== undefined && now - Date.parse(renewed) < heartbeat.aliveMs;
}

export function createRackLiveness(deps: {
  client: KubeClient;
  namespace: string;
  clock: Clock;
  log: Logger;
}): RackLiveness {
  const { client, namespace, clock, log } = deps;
  const informer = createInformer({ client, resource: leases, namespace, log });
  const prefix = rackLeaseName('');
  return {
    isAlive: (rack) => isCurrent(informer.get(rackLeaseName(rack), namespace), clock.now()),
    first: () =>
      informer
        .list()
        .filter((lease) => lease.metadata.name.startsWith(prefix) && isCurrent(lease, clock.now()))
        .map((lease) => lease.metadata.name.slice(prefix.length))
        .sort()[0],
    start: () => informer.start(),
    synced: () => informer.synced(),
    stop: () => informer.stop(),
  };
}
