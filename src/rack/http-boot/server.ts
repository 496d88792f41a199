import type { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { SecureApi } from '../../domain/boot/secure-api.ts';
import type { Clock } from '../../domain/clock.ts';
import { CodedError } from '../../errors/coded-error.ts';
import { systemTimers, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import { agentRoutes } from '../agent-api/agent-api.ts';
import type { RackMachines } from '../agent-api/ports.ts';
import { createRateLimit } from '../agent-api/rate-limit.ts';
import type { BootTokens } from '../boot-token/boot-tokens.ts';
import { problem, type Route } from '../http/answer.ts';
import type { FairShare } from '../http/fair-share.ts';
import { createHttpServer, defaultHttpLimits, type HttpLimits } from '../http/http-server.ts';
import type { HttpObserver } from '../http/observe.ts';
import type { ImageCache } from '../images/ports.ts';
import type { FileSender } from '../net/native-file-sender.ts';
import { phoneHomeRoute } from '../phone-home/phone-home-route.ts';
import type { LoadPrograms } from '../virtual-media/boot-programs.ts';
import { mediaRoute } from '../virtual-media/media-route.ts';
import type { MediaStore } from '../virtual-media/media-store.ts';
import { bootRoute } from './boot-route.ts';
import { imageRoute } from './image-route.ts';
import { loaderRoute } from './loader-route.ts';
import type { Loaders } from './loaders.ts';
import type { Sightings } from './sightings.ts';

/** What `createRackHttpServer` is made of. */
export interface RackHttpServerDeps {
  machines: RackMachines;
  images: ImageCache;
  loaders: Pick<Loaders, 'files' | 'modifiedAt'>;
  tokens: BootTokens;
  sightings: Sightings;
  /** Virtual media, and what it starts. Default: none is served. */
  media?: MediaStore;
  programs?: LoadPrograms;
  clock: Clock;
  log: Logger;
  /** Whether the world is known: machines, images, subnets. Default: it is. */
  ready?(): boolean;
  /** Default: the real ones. */
  timers?: Timers;
  limits?: Partial<HttpLimits>;
  /** Large files go through it, past this process. */
  sender?: FileSender | undefined;
  /** HTTPS, with this certificate, and HTTP on another port for what follows. Default: HTTP. */
  tls?: { context: SecureContextOptions; httpPort: number };
  /** How agents speak HTTPS, and whose word they take for it. Default: they do not. */
  agentTls?: AgentTls;
  /** How machines share the rack: one for all of its servers. Default: one for this server. */
  share?: FairShare;
  observer?: HttpObserver;
  /** Above so many unapproved machines no more are taken. Default 100. */
  mostPendingEnlistments?: number;
}

/** What agents are told of the rack's HTTPS. */
export interface AgentTls {
  /** @param address of the rack, that the machine booted from */
  api(address: string): SecureApi | undefined;
  authority(): X509Certificate | undefined;
}

/** The rack's HTTP side: what firmware, the agent and installed machines ask for. */
export interface RackHttpServer {
  /** Resolves with the port. Rejects with `PortInUse`, or what the kernel said. */
  listen(where: { address?: string; port: number }): Promise<{ port: number }>;
  /** What connects from now on sees this certificate; connections that are there stay as they are. HTTPS only. */
  useCertificate(context: SecureContextOptions): void;
  /** Takes no more connections, lets answers under way end for some seconds, then cuts them. */
  close(): Promise<void>;
}

/** Answers under way have so long when the rack stops. */
const graceMs = 5_000;

export function createRackHttpServer(deps: RackHttpServerDeps): RackHttpServer {
  const { clock, log, timers = systemTimers } = deps;
  const eventRate = createRateLimit({ clock, windowMs: 60_000, perKey: 20, total: 200 });
  const routes: Route[] = [
    {
      pattern: '/healthz',
      methods: ['GET'],
      errors: 'Text',
      handle: () => ({ kind: 'Text', status: 200, text: 'ok\n' }),
    },
    {
      pattern: '/readyz',
      methods: ['GET'],
      errors: 'Text',
      handle: () =>
        (deps.ready?.() ?? true) ? { kind: 'Text', status: 200, text: 'ok\n' } : problem('NotReady'),
    },
    bootRoute({ ...deps, eventRate }),
    imageRoute(deps),
    loaderRoute(deps.loaders),
    ...agentRoutes({ ...deps, timers, eventRate }),
    phoneHomeRoute({ ...deps, eventRate }),
  ];
  const { media, programs } = deps;
  if (media !== undefined && programs !== undefined)
    routes.push(mediaRoute({ ...deps, media, programs, eventRate }));
  const { tls, share, observer } = deps;
  const server = createHttpServer({
    ...{ routes, log, share, observer, limits: { ...defaultHttpLimits, ...deps.limits } },
    ...(tls === undefined ? {} : { tls: secure(tls.context), basePort: tls.httpPort }),
  });

  return {
    listen({ address, port }) {
      const { promise, resolve, reject } = Promise.withResolvers<{ port: number }>();
      const failed = (error: NodeJS.ErrnoException): void => reject(listenError(error, port));
      server.once('error', failed);
      server.listen({ port, ...(address === undefined ? {} : { host: address }) }, () => {
        server.off('error', failed);
        resolve({ port: portOf(server.address(), port) });
      });
      return promise;
    },
    useCertificate(context) {
      if ('setSecureContext' in server) server.setSecureContext(secure(context));
    },
    close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      server.closeIdleConnections();
      return promise;
    },
  };
}

/** Firmware speaks TLS 1.2 for the most part, old one without elliptic curves. */
function secure(context: SecureContextOptions): SecureContextOptions {
  return { ...context, minVersion: 'TLSv1.2', dhparam: 'auto' };
}

function portOf(address: AddressInfo | string | null, asked: number): number {
  return typeof address === 'object' && address !== null ? address.port : asked;
}

function listenError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new CodedError('PortInUse', `another program holds TCP port ${port}`, { cause: error });
}
