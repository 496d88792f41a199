import type { FastifyInstance } from 'fastify';

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const requestHeaders = 'authorization, content-type, if-match, if-none-match, idempotency-key, x-request-id';
const answerHeaders = 'etag, location, retry-after, x-request-id';
const preflightSeconds = 600;

/**
 * Pages of these origins may ask with a token of their own, and read answers. Cookies are never theirs: no credentials are allowed
 * (Fetch standard, CORS protocol). Without an origin nothing is said at all.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.addHook('onRequest', async ({ method, headers }, reply) => {
    reply.header('vary', 'origin');
    if (headers.origin === undefined || !origins.includes(headers.origin)) return;
    reply.header('access-control-allow-origin', headers.origin);
    reply.header('access-control-expose-headers', answerHeaders);
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return;
    reply.headers({
      'access-control-allow-methods': methods,
      'access-control-allow-headers': requestHeaders,
      'access-control-max-age': String(preflightSeconds),
    });
    return reply.code(204).send();
  });
}
