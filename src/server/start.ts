import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../domain/clock.ts';
import type { KubeClient } from '../kube/client.ts';
import { createAccessReview } from '../kube/endpoint/access-review.ts';
import { createCallerReview } from '../kube/endpoint/caller-review.ts';
import type { UserInfo } from '../kube/endpoint/reviews.ts';
import type { UserWrites } from '../kube/impersonation.ts';
import { systemTimers, type Timers } from '../kube/timers.ts';
import type { Logger } from '../log/logger.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { ServerMeters } from '../metrics/server-meters.ts';
import type { HistoryStore } from '../store/store.ts';
import { createAccess } from './access.ts';
import { type AppLimits, createApp } from './app.ts';
import { createCaches } from './caches.ts';
import { createLineCollector } from './console-log/collector.ts';
import type { ServerDeps } from './deps.ts';
import { createServerHistory } from './history/history.ts';
import { createIdempotency } from './idempotency.ts';
import { createCursors } from './list/cursor.ts';
import { openApiRoutes } from './openapi/routes.ts';
import { serveMetrics } from './plugins/metrics.ts';
import { createRateLimits, type RateLimitOptions } from './plugins/rate-limits.ts';
import { acceptUpgrades } from './plugins/upgrades.ts';
import { createRackClient } from './racks/rack-client.ts';
import type { ApiRoute } from './route.ts';
import { consoleRoutes } from './routes/console/routes.ts';
import type { RackAccess } from './routes/console/upstream.ts';
import { historyRoutes } from './routes/history/routes.ts';
import { createLeaseClient } from './routes/leases/rack-leases.ts';
import { leaseRoutes } from './routes/leases/routes.ts';
import { machineSensorRoutes } from './routes/machines/sensors.ts';
import { type UploadAccess, uploadRoutes } from './routes/uploads/routes.ts';
import { createWatchHub, type HubLimits } from './routes/watch/hub.ts';
import { watchRoutes } from './routes/watch/routes.ts';
import { apiRoutes } from './routes.ts';
import { createSensorCollector } from './sensors/collector.ts';
import { createSignIn, type SignIn, type SignInOptions } from './sign-in/sign-in.ts';
import { createUploadSweeper } from './uploads/sweeper.ts';
import type { WebFile } from './web/files.ts';
import { serveWeb } from './web/serve.ts';
import { createWebhooks, type Webhook } from './webhooks/webhooks.ts';

export interface ApiServerOptions {
  /** Of the server itself: reads everything, reviews tokens and rights. */
  client: KubeClient;
  /** Writes in the name of a user. */
  writesAs(user: UserInfo): UserWrites;
  log: Logger;
  version: string;
  audiences?: readonly string[] | undefined;
  /** At least 32 bytes. Default: random, so that cursors are of use for this process alone. */
  cursorKey?: Uint8Array | undefined;
  tls?: { cert: Buffer; key: Buffer } | undefined;
  limits?: Partial<AppLimits> | undefined;
  streamLimits?: Partial<HubLimits> | undefined;
  timers?: Timers | undefined;
  /** The built UI, for everybody who asks. Default: there is none. */
  webFiles?: readonly WebFile[] | undefined;
  signIn?: SignInOptions | undefined;
  rates?: Partial<RateLimitOptions> | undefined;
  corsOrigins?: readonly string[] | undefined;
  trustedProxies?: readonly string[] | undefined;
  /** How racks are asked for consoles and leases. Default: with the token of the caller. */
  racks?: RackAccess | undefined;
  /** What was: it is started and stopped with the server. Default: no history is kept. */
  history?: HistoryStore | undefined;
  /** Who is told of what history is told of. Default: nobody. */
  webhooks?: readonly Webhook[] | undefined;
  /** Counts. Default: nothing does. */
  meters?: ServerMeters | undefined;
  /** What is shown at /metrics. Default: nothing. */
  metrics?: MetricsRegistry | undefined;
  /** Where uploaded files are kept: it is closed with the server. Default: nothing can be uploaded. */
  uploads?: UploadAccess | undefined;
}

/** The REST API as a whole. */
export interface ApiServer {
  app: ReturnType<typeof createApp>;
  /** What is documented. */
  routes: readonly ApiRoute[];
  /** What is served, as the framework has it: without HEAD, and without refusals of other methods. */
  served: readonly { method: string; url: string }[];
  /** Listens at once, and is ready when the caches are filled. Rejects with what the kernel said. */
  listen(where: { address: string; port: number }): Promise<{ port: number }>;
  ready(): Promise<void>;
  adminLink: SignIn['adminLink'];
  /** Ends streams with a word, lets requests end, and takes no new ones. */
  stop(): Promise<void>;
}

/** How long requests have to end, in milliseconds. */
const graceMs = 10_000;

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { client, log, audiences, timers = systemTimers } = options;
  const caches = createCaches({ client, log, timers });
  const access = createAccess(createCallerReview({ client, log, audiences, timers }));
  const signIn = createSignIn({
    access,
    client,
    log,
    timers,
    tls: options.tls !== undefined,
    ...options.signIn,
  });
  const hub = createWatchHub({ access, caches, log, timers, limits: options.streamLimits });
  const deps: ServerDeps = {
    access,
    caches,
    cursors: createCursors(options.cursorKey ?? randomBytes(32)),
    idempotency: createIdempotency(timers),
    writesOf: ({ user }) => options.writesAs(user),
    log,
    timers,
  };
  let stopping = false;
  const consoles = consoleRoutes(deps, options.racks);
  const rackClient = createRackClient(options.racks);
  const rackToken = options.racks?.token ?? (async () => undefined);
  const leaseClient = createLeaseClient(options.racks);
  const leases = leaseRoutes(deps, {
    client: leaseClient,
    token: rackToken,
  });
  const operations = [
    ...apiRoutes(deps),
    ...leases,
    ...machineSensorRoutes(deps, { client: rackClient, token: rackToken }, options.history !== undefined),
    ...historyRoutes(deps, options.history),
    ...uploadRoutes(deps, options.uploads),
    ...consoles.routes,
    ...watchRoutes(hub),
    ...signIn.routes,
  ];
  const routes = [...operations, ...openApiRoutes(operations, options.version)];
  const served: { method: string; url: string }[] = [];
  const app = createApp({
    onServed: (method, url) => served.push({ method, url }),
    ...signIn,
    routes,
    isReady: () => !stopping && caches.hasSynced(),
    log,
    audit: options.history && { sink: options.history, timers },
    limits: options.limits,
    tls: options.tls,
    rates: createRateLimits(timers, options.rates),
    corsOrigins: options.corsOrigins,
    trustedProxies: options.trustedProxies,
  });
  acceptUpgrades(app);
  serveWeb(app, options.webFiles ?? []);
  if (options.metrics !== undefined) {
    serveMetrics(app, { registry: options.metrics, review: createAccessReview({ client, log, timers }) });
  }
  caches.start();
  const history =
    options.history && createServerHistory({ store: options.history, caches, client, log, timers });
  history?.start();
  const asking = { client: rackClient, token: rackToken, caches, log, timers };
  const collectors =
    options.history === undefined || history === undefined
      ? []
      : [
          createSensorCollector({ ...asking, record: options.history.record, isOurs: history.isOurs }),
          createLineCollector({ ...asking, store: options.history, isOurs: history.isOurs }),
        ];
  for (const collector of collectors) collector.start();
  const webhooks =
    options.history &&
    history &&
    createWebhooks({
      ...{ webhooks: options.webhooks ?? [], store: options.history, isOurs: history.isOurs },
      ...{ source: options.signIn?.publicUrl?.origin ?? 'urn:metalwright', version: options.version },
      ...{ log, timers, clock: systemClock, meters: options.meters },
    });
  webhooks?.start();
  const sweeper =
    options.uploads && createUploadSweeper({ store: options.uploads.store, caches, log, timers });
  sweeper?.start();
  const ready = caches.synced().then(() => hub.start());
  ready.catch(() => undefined);

  return {
    app,
    routes,
    served,
    async listen({ address, port }) {
      await app.listen({ host: address, port });
      const bound: AddressInfo | string | null = app.server.address();
      return { port: typeof bound === 'object' && bound !== null ? bound.port : port };
    },
    ready: () => ready,
    adminLink: signIn.adminLink,
    async stop() {
      if (stopping) return;
      stopping = true;
      hub.stop();
      consoles.stop();
      await options.uploads?.store.close();
      const cancel = timers.after(graceMs, () => app.server.closeAllConnections());
      await app.close();
      cancel();
      const collected = Promise.all(collectors.map((collector) => collector.stop()));
      await leaseClient.close();
      await rackClient.close();
      await collected;
      await webhooks?.stop();
      await history?.stop();
      const swept = sweeper?.stop();
      await caches.stop();
      await swept;
    },
  };
}
