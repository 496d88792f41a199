import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { answerUnreadable } from './unreadable.ts';

/**
 * Cuts off whoever takes longer than `bodyMs` for a body, as the `requestTimeout` of Node does for all requests: here those whose
 * route `streams` are left alone, for a large file takes its time. A connection on which nothing moves is closed by the server.
 */
export function limitBodies(app: FastifyInstance, bodyMs: number): void {
  app.addHook('onRequest', async ({ raw, routeOptions }, reply) => {
    const { headers } = raw;
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    if (!hasBody || 'streams' in routeOptions.config) return;
    // A request that is injected, as in tests, is whole from the start and has no connection.
    if (!(raw.socket instanceof Socket)) return;
    const timer = setTimeout(() => {
      if (raw.complete) return;
      if (reply.raw.headersSent) raw.socket.destroySoon();
      else
        answerUnreadable(Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), raw.socket);
    }, bodyMs);
    timer.unref();
    raw.once('close', () => clearTimeout(timer));
  });
}
