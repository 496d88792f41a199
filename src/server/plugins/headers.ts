import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** What every answer says to browsers: nothing here is a page, a frame or for another origin. No CORS header is ever sent. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'private, no-cache',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** The caller's own request id, when it is a decent one, else a new one. */
export function requestIdOf(headers: FastifyRequest['raw']['headers']): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
}

/** @param tls answers go over TLS, so browsers shall never ask without */
export function addHeaders(app: FastifyInstance, tls: boolean): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    reply.header('x-request-id', request.id);
    if (tls) reply.header('strict-transport-security', 'max-age=31536000');
  });
}
