import { join } from 'node:path';
import type { RackConfiguration } from '../../config/rack.ts';
import { type Clock, systemClock } from '../../domain/clock.ts';
import { createKubeClient, type KubeClient } from '../../kube/client.ts';
import { createEventRecorder, type EventRecorder } from '../../kube/events.ts';
import { createLogger, type Logger } from '../../log/logger.ts';
import { RackMeters } from '../../metrics/rack-meters.ts';
import { createSightings, type Sightings } from '../../rack/http-boot/sightings.ts';
import { createRackLiveness, type RackLiveness } from '../../rack/self/liveness.ts';
import { createSnapshotKeeper, loadSnapshot } from '../../rack/world/snapshot-file.ts';
import { awaitWorld } from '../../rack/world/start-world.ts';
import { createWorld, type World } from '../../rack/world/world.ts';
import { emptyWorld } from '../../rack/world/world-objects.ts';

/** What every part of the rack is made from. */
export interface RackCore {
  config: RackConfiguration;
  rackName: string;
  namespace: string;
  clock: Clock;
  log: Logger;
  client: KubeClient;
  events: EventRecorder;
  meters: RackMeters;
  /** The cluster as it was seen last: from the API server, or from disk until that answers. */
  world: World;
  liveness: RackLiveness;
  sightings: Sightings;
}

/** The world's copy on disk. */
export interface WorldMemory {
  keeper: ReturnType<typeof createSnapshotKeeper>;
  /** A copy that could not be read and was put aside. */
  damaged: string | undefined;
  /** Resolves when there is a world to serve, from wherever. */
  ready(): Promise<void>;
}

export async function openCore(config: RackConfiguration): Promise<RackCore & { memory: WorldMemory }> {
  const { name: rackName, namespace } = config;
  const clock = systemClock;
  const log = createLogger('rack', config.logLevel);
  const client = createKubeClient({ kubeconfigPath: config.kubeconfig });
  const path = join(config.stateDirectory, 'world.jsonl');
  const snapshot = await loadSnapshot(path, log);
  const known = snapshot.kind === 'Loaded' ? snapshot.snapshot.objects : emptyWorld();
  const world = createWorld(client, log, known);
  return {
    ...{ config, rackName, namespace, clock, log, client, world },
    events: createEventRecorder({ client, component: 'metalwright.dev/rack', instance: rackName, log }),
    meters: new RackMeters(),
    liveness: createRackLiveness({ client, namespace, clock, log }),
    sightings: createSightings({ clock }),
    memory: {
      keeper: createSnapshotKeeper({ path, objects: () => world.objects(), clock, log }),
      damaged: snapshot.kind === 'Damaged' ? snapshot.path : undefined,
      ready: () => awaitWorld(world, snapshot, { clock, log }),
    },
  };
}
