import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/** A connection that asked to become something else than HTTP. */
export interface Upgrade {
  message: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  response: ServerResponse;
}

const waiting = new WeakMap<IncomingMessage, Upgrade>();

/**
 * Requests that want another protocol take the way of all others first: who asks, from where, how often and with what right is
 * decided by the same hooks, and a refusal is a problem like any other. A route that takes none of them answers in HTTP.
 */
export function acceptUpgrades(app: FastifyInstance): void {
  app.server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(message);
    // The parser has gone: there is no second request on this connection.
    response.shouldKeepAlive = false;
    response.on('finish', () => {
      if (waiting.has(message)) socket.end();
    });
    waiting.set(message, { message, socket, head, response });
    // What waits for a WebSocket is a connection of its own.
    if ('setTimeout' in message.socket) message.socket.setTimeout(30_000, () => socket.destroy());
    response.assignSocket(message.socket);
    app.routing(message, response);
  });
}

/** Whether the request wants a WebSocket (RFC 6455, section 4.1). */
export function wantsWebSocket(message: IncomingMessage): boolean {
  return waiting.has(message) && message.headers.upgrade?.toLowerCase() === 'websocket';
}

/** The connection of a request, without HTTP on it; whoever takes it ends it. Undefined: it is none, or taken already. */
export function takeSocket(message: IncomingMessage): Upgrade | undefined {
  const upgrade = waiting.get(message);
  if (upgrade === undefined) return undefined;
  waiting.delete(message);
  upgrade.response.detachSocket(message.socket);
  message.socket.setTimeout(0);
  return upgrade;
}
