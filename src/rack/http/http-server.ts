import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import { type Answer, problem, type Request, type Route } from './answer.ts';
import { readBody } from './body.ts';
import { type ProblemCode, problems } from './problems.ts';
import { matchRoute } from './router.ts';
import type { SendLimits } from './send-file.ts';
import { writeAnswer } from './write-answer.ts';

/** Bounds on what a client may do. Times in milliseconds. */
export interface HttpLimits extends SendLimits {
  urlLength: number;
  headerBytes: number;
  /** From the first byte of a request to the last of its headers, and of its body. */
  headersMs: number;
  requestMs: number;
  keepAliveMs: number;
  /** A connection on which nothing moves for so long is cut. */
  stillMs: number;
  connections: number;
  connectionsPerAddress: number;
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
  stillMs: 120_000,
  connections: 4096,
  connectionsPerAddress: 64,
};

/** What `createHttpServer` is made of. */
export interface HttpServerDeps {
  routes: readonly Route[];
  log: Logger;
  limits: HttpLimits;
}

/** A small HTTP/1.1 server that firmware can talk to. Logs name routes, never addresses that a client sent. */
export function createHttpServer({ routes, log, limits }: HttpServerDeps): Server {
  const perAddress = new Map<string, number>();
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(5_000, limits.headersMs),
  });
  server.timeout = limits.stillMs;
  server.maxConnections = limits.connections;
  server.on('connection', (socket) => countConnection(socket, perAddress, limits.connectionsPerAddress));
  server.on('clientError', refuseRaw);
  server.on('request', (message, response) => {
    serve(message, response).catch((error: unknown) => {
      log.error({ error: messageOf(error) }, 'an HTTP answer could not be written');
      response.destroy();
    });
  });

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const [path = '/'] = (message.url ?? '/').split('?', 1);
    const match = matchRoute(routes, path);
    const address = plainAddress(message.socket.remoteAddress ?? '');
    const method = methodOf(message.method);
    const answer = await decide(message, path, match, method, address);
    const errors = match?.route.errors ?? (path.startsWith('/agent/') ? 'Problem' : 'Text');
    // Unread bytes of a body would be taken for the next request.
    if (!message.complete && hasBody(message)) response.setHeader('connection', 'close');
    const asked = { method: method ?? 'GET', headers: message.headers };
    const { status, bytes } = await writeAnswer(answer, asked, errors, response, limits);
    const fields = {
      ...{ route: match?.route.pattern ?? 'none', method: method ?? 'other', status, bytes, address },
      ms: Math.round(performance.now() - startedAt),
    };
    if (status >= 500) log.warn(fields, 'http');
    else log.debug(fields, 'http');
  }

  async function decide(
    message: IncomingMessage,
    path: string,
    match: ReturnType<typeof matchRoute>,
    method: Request['method'] | undefined,
    address: string,
  ): Promise<Answer> {
    if (path.length > limits.urlLength) return problem('UriTooLong');
    if (match === undefined) return problem('NotFound');
    const { route, parameters } = match;
    if (method === undefined || !route.methods.includes(method === 'HEAD' ? 'GET' : method))
      return problem('MethodNotAllowed');
    const request: Request = {
      ...{ method, parameters, headers: message.headers, address, base: baseOf(message.socket) },
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

function baseOf(socket: Socket): string {
  const address = plainAddress(socket.localAddress ?? '').replace(/%.*$/, '');
  return `http://${isIPv6(address) ? `[${address}]` : address}:${socket.localPort}`;
}

function countConnection(socket: Socket, perAddress: Map<string, number>, most: number): void {
  const address = socket.remoteAddress ?? '';
  const count = (perAddress.get(address) ?? 0) + 1;
  if (count > most) {
    socket.destroy();
    return;
  }
  perAddress.set(address, count);
  socket.once('close', () => {
    const left = (perAddress.get(address) ?? 1) - 1;
    if (left === 0) perAddress.delete(address);
    else perAddress.set(address, left);
  });
}

/** What the parser could not take for a request; nothing of it is repeated or logged. */
function refuseRaw(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, title } = problems[rawProblem(error.code)];
  const head = `HTTP/1.1 ${status} ${title}\r\nContent-Type: text/plain\r\nConnection: close\r\n`;
  socket.end(`${head}Content-Length: ${title.length + 1}\r\n\r\n${title}\n`);
}

function rawProblem(code: string | undefined): ProblemCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HeadersTooLarge';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'RequestTimeout' : 'BadRequest';
}
