import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { isIPv6, type Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { messageOf } from '../../errors/coded-error.ts';
import { systemTimers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { FileSender } from '../net/native-file-sender.ts';
import { type Answer, problem, type Request, type Route } from './answer.ts';
import { readBody } from './body.ts';
import { type ConnectionLimits, guardConnections } from './connections.ts';
import { createFairShare, type FairShare } from './fair-share.ts';
import type { HttpObserver } from './observe.ts';
import { matchRoute } from './router.ts';
import type { SendLimits } from './send-file.ts';
import { writeAnswer } from './write-answer.ts';

/** Bounds on what a client may do. Times in milliseconds. */
export interface HttpLimits extends SendLimits, ConnectionLimits {
  urlLength: number;
  headerBytes: number;
  /** From the first byte of a request to the last of its headers, and of its body. */
  headersMs: number;
  requestMs: number;
  keepAliveMs: number;
  /** After so many requests a connection is closed. */
  requestsPerConnection: number;
  /** A TLS handshake may take so long. */
  handshakeMs: number;
  /** A connection on which nothing moves for so long is cut. */
  stillMs: number;
}

/** Generous to slow firmware, and short of what a few clients could starve the rack with. */
export const defaultHttpLimits: HttpLimits = {
  leastBytesPerSecond: 16 * 1024,
  leastChunkMs: 10_000,
  urlLength: 1024,
  headerBytes: 8 * 1024,
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 30_000,
  requestsPerConnection: 10_000,
  handshakeMs: 30_000,
  stillMs: 120_000,
  connections: 4096,
  connectionsPerAddress: 64,
};

/** A request line, taken apart. */
interface Asked {
  path: string;
  query: string;
  match: ReturnType<typeof matchRoute>;
  method: Request['method'] | undefined;
  address: string;
}

/** What `createHttpServer` is made of. */
export interface HttpServerDeps {
  routes: readonly Route[];
  log: Logger;
  limits: HttpLimits;
  /** HTTPS, with this certificate and key. Default: HTTP. */
  tls?: SecureContextOptions | undefined;
  /** The port that `Request.base` names. Default: that of the connection. */
  basePort?: number | undefined;
  /** Shared by all servers of a rack. Default: one of its own. */
  share?: FairShare | undefined;
  observer?: HttpObserver | undefined;
  /** Large files go through it, past this process. Default: through this process. */
  sender?: FileSender | undefined;
}

/** A small HTTP/1.1 server that firmware can talk to. Logs name routes, never addresses that a client sent. */
export function createHttpServer(deps: HttpServerDeps): Server | SecureServer {
  const { routes, log, limits, tls, basePort, observer = {}, sender } = deps;
  const sending = { limits, share: deps.share ?? createFairShare({ timers: systemTimers }), sender };
  const options = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(5_000, limits.headersMs),
  };
  const server =
    tls === undefined
      ? createServer(options)
      : createSecureServer({ ...options, ...tls, handshakeTimeout: limits.handshakeMs });
  server.timeout = limits.stillMs;
  server.maxRequestsPerSocket = limits.requestsPerConnection;
  guardConnections(server, limits, observer);
  server.on('request', (message, response) => {
    serve(message, response).catch((error: unknown) => {
      log.error({ error: messageOf(error) }, 'an HTTP answer could not be written');
      response.destroy();
    });
  });

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const [path = '/', query = ''] = splitOnce(message.url ?? '/');
    const match = matchRoute(routes, path);
    const address = plainAddress(message.socket.remoteAddress ?? '');
    const method = methodOf(message.method);
    const answer = await decide(message, { path, query, match, method, address });
    const errors = match?.route.errors ?? (path.startsWith('/agent/') ? 'Problem' : 'Text');
    // Unread bytes of a body would be taken for the next request.
    if (!message.complete && hasBody(message)) response.setHeader('connection', 'close');
    const asked = { method: method ?? 'GET', headers: message.headers, address };
    const { status, bytes } = await writeAnswer(answer, asked, errors, response, sending);
    const ms = performance.now() - startedAt;
    const route = match?.route.pattern ?? 'none';
    const seen = { route, method: method ?? ('other' as const), status, bytes };
    observer.answered?.({ ...seen, ms, secure: tls !== undefined });
    const fields = { ...seen, address, ms: Math.round(ms) };
    if (status >= 500) log.warn(fields, 'http');
    else log.debug(fields, 'http');
  }

  async function decide(
    message: IncomingMessage,
    { path, query, match, method, address }: Asked,
  ): Promise<Answer> {
    if (path.length + query.length > limits.urlLength) return problem('UriTooLong');
    if (match === undefined) return problem('NotFound');
    const { route, parameters } = match;
    if (method === undefined || !route.methods.includes(method === 'HEAD' ? 'GET' : method))
      return problem('MethodNotAllowed');
    const request: Request = {
      ...{ method, parameters, headers: message.headers, query, address },
      base: baseOf(message.socket, basePort),
      body: (maxBytes) => readBody(message, maxBytes),
    };
    try {
      return await route.handle(request);
    } catch (error) {
      if (message.destroyed && !message.complete) return problem('BadRequest');
      log.error({ route: route.pattern, address, error: messageOf(error) }, 'a request failed');
      return problem('Internal');
    }
  }

  return server;
}

function splitOnce(url: string): [string, string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function methodOf(method: string | undefined): Request['method'] | undefined {
  return method === 'GET' || method === 'HEAD' || method === 'POST' || method === 'PUT' ? method : undefined;
}

/** An IPv4 address that came in on an IPv6 socket, as a dotted quad. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** Always HTTP: boot scripts and the agent's calls go on there, whoever trusts which certificate. */
function baseOf(socket: Socket, port = socket.localPort): string {
  const address = plainAddress(socket.localAddress ?? '').replace(/%.*$/, '');
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}
