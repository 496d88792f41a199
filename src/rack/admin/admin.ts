import type { AdminConfiguration } from '../../config/admin.ts';
import type { Clock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { createAccessReview } from '../../kube/endpoint/access-review.ts';
import { createEndpoint, type EndpointOptions } from '../../kube/endpoint/endpoint.ts';
import { type KeptOpen, keepOpen } from '../../kube/endpoint/kept-open.ts';
import type { Logger } from '../../log/logger.ts';
import type { RackMeters } from '../../metrics/rack-meters.ts';
import { createRackMetrics } from '../../metrics/rack-metrics.ts';
import type { RecordedLines } from '../console/record/recorded-lines.ts';
import type { ImageCache } from '../images/ports.ts';
import { describeHolders, findPortHolders } from '../net/port-holder.ts';
import type { Outbox } from '../reports/outbox.ts';
import type { ServiceState, StorageState } from '../self/status.ts';
import type { SliceStatus } from '../slices/held-slices.ts';
import type { SnapshotState } from '../world/snapshot-file.ts';
import type { World } from '../world/world.ts';
import { countLeases, type ShownLease } from './lease-pages.ts';
import { adminRoutes } from './routes.ts';

/** The parts of a rack that its admin endpoint shows. */
export interface AdminDeps {
  /** Undefined: there is no endpoint. */
  config: AdminConfiguration | undefined;
  client: Pick<KubeClient, 'create'>;
  meters: RackMeters;
  version: string;
  rackName: string;
  leases: {
    /** All of them, in any order. */
    entries(): Iterable<ShownLease>;
    live(): number;
  };
  /** The parts of dynamic ranges that this rack gives out. Default: none. */
  slices?(): Iterable<Pick<SliceStatus, 'subnet' | 'start' | 'end' | 'held'>>;
  images: { cache: Pick<ImageCache, 'held' | 'heldBytes'>; limitBytes: number };
  /** What machines said on their consoles. */
  lines: Pick<RecordedLines, 'instance' | 'page'>;
  world: Pick<World, 'hasSynced' | 'objects'>;
  outbox: Pick<Outbox, 'size'>;
  services(): readonly ServiceState[];
  storage(): StorageState;
  snapshot(): SnapshotState;
  isServing(): boolean;
  /** WebSockets of consoles. Default: there are none. */
  onUpgrade?: EndpointOptions['onUpgrade'];
  clock: Clock;
  log: Logger;
}

/** The endpoint where people and Prometheus read what a rack does. */
export function createAdmin(deps: AdminDeps): KeptOpen | undefined {
  const { config, client, clock } = deps;
  if (config === undefined) return undefined;
  const log = deps.log.child({ part: 'admin' });
  const { address, port, tls } = config;
  const access = createAccessReview({ client, log });
  const routes = adminRoutes({
    metrics: metricsOf(deps),
    leases: () => deps.leases.entries(),
    sensors: deps.meters.health,
    lines: deps.lines,
    status: () => statusOf(deps),
    ready: deps.isServing,
    clock,
  });
  return keepOpen({
    create: () => createEndpoint({ routes, access, tls, onUpgrade: deps.onUpgrade, log }),
    where: { address, port },
    async explain(error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) return '';
      const held = { protocol: 'tcp', number: port } as const;
      return `; ${describeHolders(held, await findPortHolders(held))}`;
    },
    log,
  });
}

function metricsOf(deps: AdminDeps) {
  return createRackMetrics(deps.meters, {
    version: deps.version,
    leases: () => countLeases(deps.leases.entries(), deps.clock.now()),
    slices: () => slicesBySubnet(deps.slices?.() ?? []),
    imageCache: () => ({
      bytes: deps.images.cache.heldBytes(),
      limitBytes: deps.images.limitBytes,
      files: deps.images.cache.held().length,
    }),
    services: () => deps.services().map(({ name, state }) => ({ name, up: state === 'Running' })),
    worldSynced: () => deps.world.hasSynced(),
    snapshotWrittenAt: () => deps.snapshot().writtenAt,
    outbox: () => deps.outbox.size(),
    leaseDiskFailed: () => deps.storage().leases !== undefined,
  });
}

function slicesBySubnet(
  slices: Iterable<Pick<SliceStatus, 'subnet' | 'start' | 'end' | 'held'>>,
): { subnet: string; addresses: number; used: number }[] {
  const sums = new Map<string, { subnet: string; addresses: number; used: number }>();
  for (const { subnet, start, end, held } of slices) {
    const sum = sums.get(subnet) ?? { subnet, addresses: 0, used: 0 };
    sums.set(subnet, sum);
    sum.addresses += end - start + 1;
    sum.used += held;
  }
  return [...sums.values()];
}

/** For people: what the Rack's status says, also while the API server cannot be told. */
function statusOf(deps: AdminDeps): unknown {
  const objects = Object.entries(deps.world.objects()).map(([kind, list]) => [kind, list.length]);
  const { writtenAt } = deps.snapshot();
  return {
    rack: deps.rackName,
    version: deps.version,
    serving: deps.isServing(),
    world: {
      source: deps.world.hasSynced() ? 'APIServer' : 'Snapshot',
      objects: Object.fromEntries(objects),
      snapshotWrittenAt: writtenAt === undefined ? null : new Date(writtenAt).toISOString(),
    },
    services: deps.services(),
    storage: deps.storage(),
    leases: deps.leases.live(),
    reportsWaiting: deps.outbox.size(),
  };
}
