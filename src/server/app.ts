import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Timers } from '../kube/timers.ts';
import type { Logger } from '../log/logger.ts';
import { type ServerError, serverError, serverErrors } from './errors.ts';
import { type AuditSink, auditWrites } from './plugins/audit.ts';
import { acceptBodies } from './plugins/bodies.ts';
import { admitCallers, type CallerOptions, credentialsOf, probes } from './plugins/callers.ts';
import { allowOrigins } from './plugins/cors.ts';
import { addHeaders, requestIdOf, securityHeaders } from './plugins/headers.ts';
import { pathOf, refuseOtherMethods } from './plugins/methods.ts';
import { limitBodies } from './plugins/slow-bodies.ts';
import { answerUnreadable } from './plugins/unreadable.ts';
import { problemMediaType, problemOf, serverErrorOf } from './problem.ts';
import type { ApiRoute } from './route.ts';
import type { Identities, SignedIn } from './sign-in/identify.ts';

export interface AppOptions extends CallerOptions {
  routes: readonly ApiRoute[];
  /** Told of every route that the framework takes, but HEAD, pages and those that only refuse. */
  onServed?(method: string, url: string): void;
  log: Logger;
  /** Who wrote what. */
  audit?: { sink: AuditSink; timers: Timers } | undefined;
  limits?: Partial<AppLimits> | undefined;
  /** PEM; undefined: plain HTTP. */
  tls?: { cert: Buffer; key: Buffer } | undefined;
  /** Origins whose pages may ask with a token. */
  corsOrigins?: readonly string[] | undefined;
  /** Addresses and networks of proxies whose `X-Forwarded-*` are believed. */
  trustedProxies?: readonly string[] | undefined;
}

/** Times in milliseconds. */
export interface AppLimits {
  bodyBytes: number;
  /** For the head of a request. */
  headersMs: number;
  /** For the body of a request, unless it is a stream: a slow client is cut off. */
  requestMs: number;
  /** A connection on which nothing moves. */
  silenceMs: number;
  connections: number;
}

const defaultLimits: AppLimits = {
  bodyBytes: 1024 * 1024,
  headersMs: 10_000,
  requestMs: 30_000,
  silenceMs: 120_000,
  connections: 2_048,
};

/** The HTTP server over a table of routes. Nothing listens yet. */
export function createApp(options: AppOptions): FastifyInstance {
  const { routes, identities, log, isReady, tls, corsOrigins = [], trustedProxies = [] } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const app = fastify({
    bodyLimit: limits.bodyBytes,
    routerOptions: { maxParamLength: 320 },
    forceCloseConnections: 'idle',
    genReqId: (raw) => requestIdOf(raw.headers),
    requestIdHeader: false,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    logger: false,
    frameworkErrors: (error, request, reply) => void refuse(serverErrorOf(error), request, reply),
    clientErrorHandler: answerUnreadable,
    serverFactory: (handler) => openServer(handler, limits, tls),
  });

  function refuse(error: ServerError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (error.code === 'Internal') log.error({ requestId: request.id, err: error.cause }, 'a request failed');
    if (error.code === 'Unauthenticated') reply.header('www-authenticate', 'Bearer');
    if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds);
    if (error.allow.length > 0) reply.header('allow', error.allow.join(', '));
    // Also for what never came as far as the hooks.
    reply.headers({ ...securityHeaders, 'x-request-id': request.id });
    // What is left of a body that nobody reads must not be taken for the next request.
    const isCut = 'streams' in request.routeOptions.config && !request.raw.complete;
    if (error.code === 'BodyTooLarge' || isCut) reply.header('connection', 'close');
    return reply
      .code(serverErrors[error.code].status)
      .type(problemMediaType)
      .send(JSON.stringify(problemOf(error, request.id)));
  }

  app.addHook('onRoute', ({ method, url, config }) => {
    const isOperation = config === undefined || !('refuses' in config || 'page' in config);
    if (typeof method === 'string' && method !== 'HEAD' && isOperation) options.onServed?.(method, url);
  });
  addHeaders(app, tls !== undefined || options.ownOrigin?.startsWith('https:') === true);
  allowOrigins(app, corsOrigins);
  limitBodies(app, limits.requestMs);
  acceptBodies(app);
  const callerOf = admitCallers(app, options);
  if (options.audit !== undefined) auditWrites(app, { ...options.audit, callerOf });
  app.addHook('onResponse', async (request, reply) => {
    const isProbe = probes.has(request.routeOptions.url ?? '');
    log[isProbe ? 'debug' : 'info'](
      {
        requestId: request.id,
        method: request.method,
        path: request.url.split('?', 1)[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        user: callerOf(request)?.caller.user.username,
      },
      'answered',
    );
  });
  app.setErrorHandler((error, request, reply) => refuse(serverErrorOf(error), request, reply));
  app.setNotFoundHandler((request, reply) =>
    refuse(serverError('NotFound', 'there is no such path: see /api/v1/openapi.json'), request, reply),
  );
  app.get('/healthz', async (_request, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'));
  app.get('/readyz', async (request, reply) => {
    if (isReady()) return reply.type('text/plain; charset=utf-8').send('ok\n');
    return refuse(serverError('NotReady', 'the caches are not filled yet'), request, reply);
  });
  for (const route of routes) serve(app, route, { identities, callerOf });
  refuseOtherMethods(app, routes);
  return app;
}

/** Every limit on slow and greedy clients is here. */
function openServer(handler: RequestListener, limits: AppLimits, tls: AppOptions['tls']): Server {
  const options = {
    maxHeaderSize: 32 * 1024,
    headersTimeout: limits.headersMs,
    // Bodies have a limit of their own: plugins/slow-bodies.ts.
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: Math.min(limits.headersMs, 5_000),
  };
  const server =
    tls === undefined
      ? createServer(options, handler)
      : createSecureServer({ ...options, minVersion: 'TLSv1.2', ...tls }, handler);
  server.maxConnections = limits.connections;
  server.setTimeout(limits.silenceMs);
  return server;
}

interface Who {
  identities: Identities;
  callerOf(request: FastifyRequest): SignedIn | undefined;
}

function serve(app: FastifyInstance, route: ApiRoute, who: Who): void {
  const mediaTypes = Object.values(route.answers).flatMap(({ mediaType }) => mediaType ?? []);
  app.route({
    method: route.method,
    url: pathOf(route.path),
    // Looking at the head of an open route must not do what the route does.
    exposeHeadRoute: mediaTypes.length === 0 && route.open !== true,
    config: {
      ...(route.writes === false ? {} : { noun: route.tag }),
      ...(route.open === true ? { open: true } : {}),
      ...(route.signsIn === true ? { signsIn: true } : {}),
      ...(route.streams === true ? { streams: true } : {}),
    },
    handler: async (request, reply) => {
      requireAcceptable(request.headers.accept, mediaTypes[0] ?? 'application/json');
      requireMediaType(request, route.bodyTypes);
      const signedIn = who.callerOf(request);
      const again = async () =>
        (await who.identities.identify(credentialsOf(request), { idle: false })).caller;
      const answer = await route.run(request, reply, signedIn && { signedIn, again });
      if (answer === undefined) return reply;
      reply.code(answer.status).headers(answer.headers ?? {});
      if (answer.cookies !== undefined) reply.header('set-cookie', [...answer.cookies]);
      const text = answer.text ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body));
      if (text === undefined) return reply.send();
      // Of a long text Node would make two more, one of three times its size; what is written is also read by the audit.
      const isLong = request.method === 'GET' && text.length > 16_384;
      return reply.type('application/json; charset=utf-8').send(isLong ? Buffer.from(text) : text);
    },
  });
}

/** Errors: NotAcceptable, when the caller wants something else. */
function requireAcceptable(accept: string | undefined, mediaType: string): void {
  if (accept === undefined || accept === '') return;
  const [family] = mediaType.split('/');
  const wanted = accept.split(',').map((range) => range.split(';', 1)[0]?.trim().toLowerCase());
  if (['*/*', `${family}/*`, mediaType].some((range) => wanted.includes(range))) return;
  throw serverError('NotAcceptable', `the answer is ${mediaType}`);
}

/** Errors: UnsupportedMediaType, when a body is of another type than the route takes. */
function requireMediaType(
  request: FastifyRequest,
  bodyTypes: readonly string[] = ['application/json'],
): void {
  const given = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (given === undefined || request.body === undefined || bodyTypes.includes(given)) return;
  throw serverError('UnsupportedMediaType', `the body must be ${bodyTypes.join(' or ')}`);
}
