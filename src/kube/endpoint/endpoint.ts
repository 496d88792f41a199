import { readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { Access, AccessReview } from './access-review.ts';

/** What a route answers with. */
export interface EndpointAnswer {
  status: number;
  contentType: string;
  body: string;
}

/** One path of an endpoint; read only. */
export interface EndpointRoute {
  /** Exactly this: `/metrics`. */
  path: string;
  /** Everybody may read it. Default: whom the API server lets. */
  open?: boolean;
  handle(query: URLSearchParams): EndpointAnswer | Promise<EndpointAnswer>;
}

export interface EndpointOptions {
  routes: readonly EndpointRoute[];
  access: AccessReview;
  /** PEM files; read again when they change. Undefined: plain HTTP. */
  tls?: { certificatePath: string; keyPath: string } | undefined;
  /** Connections that want to be something else than HTTP, as WebSockets do. It answers, refuses and ends them. Default: refused. */
  onUpgrade?: ((message: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined;
  log: Logger;
}

/** An HTTP server for operators and for Prometheus. */
export interface Endpoint {
  /** Resolves with the port. Rejects with what the kernel said, or what is wrong with the certificate. */
  listen(where: { address: string; port: number }): Promise<{ port: number }>;
  close(): Promise<void>;
}

/** Tokens of service accounts have 1 to 2 KiB; some identity providers' have more. */
const headerBytes = 32 * 1024;
/** How often the certificate's files are looked at, in milliseconds. */
const certificateEveryMs = 30_000;

const refusals: Record<Exclude<Access, 'Allowed'>, { status: number; text: string }> = {
  Unauthenticated: { status: 401, text: 'a bearer token that the API server knows is needed' },
  Forbidden: {
    status: 403,
    text: 'a ClusterRole with this path among nonResourceURLs and the verb get is needed',
  },
  Unknown: { status: 503, text: 'the API server cannot be asked who you are' },
};

export function jsonAnswer(value: unknown, status = 200): EndpointAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

export function textAnswer(text: string, status = 200): EndpointAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}

/** Lets in whom the API server lets in, path by path, and fails closed. */
export function createEndpoint({ routes, access, tls, onUpgrade, log }: EndpointOptions): Endpoint {
  const byPath = new Map(routes.map((route) => [route.path, route]));
  let server: Server | SecureServer | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function answer(message: IncomingMessage): Promise<EndpointAnswer> {
    const asked = message.url ?? '/';
    if (!URL.canParse(asked, 'http://endpoint')) return textAnswer('not an address', 400);
    const url = new URL(asked, 'http://endpoint');
    const route = byPath.get(url.pathname);
    // A path that there is not looks to a stranger like one that they may not read.
    if (route?.open !== true) {
      const token = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(message.headers.authorization ?? '')?.[1];
      const verdict = token === undefined ? 'Unauthenticated' : await access(token, url.pathname);
      if (verdict !== 'Allowed') return textAnswer(refusals[verdict].text, refusals[verdict].status);
    }
    if (route === undefined) return textAnswer('not found', 404);
    if (message.method !== 'GET' && message.method !== 'HEAD') return textAnswer('read only', 405);
    return route.handle(url.searchParams);
  }

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    message.resume();
    const { status, contentType, body } = await answer(message).catch((error: unknown) => {
      log.error({ error: messageOf(error) }, 'the admin endpoint failed');
      return textAnswer('failed', 500);
    });
    const bytes = Buffer.from(body);
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': bytes.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    });
    response.end(message.method === 'HEAD' ? undefined : bytes);
  }

  async function open(): Promise<Server | SecureServer> {
    const limits = { maxHeaderSize: headerBytes, headersTimeout: 10_000, requestTimeout: 10_000 };
    const opened =
      tls === undefined
        ? createServer(limits)
        : createSecureServer({ ...limits, minVersion: 'TLSv1.2', ...(await readCertificate(tls)) });
    opened.maxConnections = 64;
    opened.timeout = 60_000;
    opened.on('request', (message, response) => {
      serve(message, response).catch(() => response.destroy());
    });
    if (onUpgrade !== undefined) opened.on('upgrade', onUpgrade);
    if (tls !== undefined && 'setSecureContext' in opened) timer = followCertificate(opened, tls, log);
    return opened;
  }

  return {
    async listen({ address, port }) {
      const opened = await open();
      server = opened;
      const { promise, resolve, reject } = Promise.withResolvers<{ port: number }>();
      opened.once('error', (error) => {
        clearInterval(timer);
        reject(error);
      });
      opened.listen(port, address, () => resolve({ port: portOf(opened.address(), port) }));
      return promise;
    },
    async close() {
      clearInterval(timer);
      const { promise, resolve } = Promise.withResolvers<void>();
      if (server === undefined) return;
      server.close(() => resolve());
      server.closeAllConnections();
      return promise;
    },
  };
}

function portOf(bound: AddressInfo | string | null, asked: number): number {
  return typeof bound === 'object' && bound !== null ? bound.port : asked;
}

type Tls = NonNullable<EndpointOptions['tls']>;

async function readCertificate({ certificatePath, keyPath }: Tls): Promise<{ cert: Buffer; key: Buffer }> {
  const [cert, key] = await Promise.all([readFile(certificatePath), readFile(keyPath)]);
  return { cert, key };
}

/** Certificates are renewed while programs run; one that cannot be read leaves the old one in place. */
function followCertificate(server: SecureServer, tls: Tls, log: Logger): NodeJS.Timeout {
  let seen: number | undefined;
  const look = async (): Promise<void> => {
    const { mtimeMs } = await stat(tls.certificatePath);
    if (seen !== undefined && mtimeMs !== seen) {
      server.setSecureContext(await readCertificate(tls));
      log.info({}, 'the certificate of the admin endpoint was renewed');
    }
    seen = mtimeMs;
  };
  const lookQuietly = (): void => {
    look().catch((error: unknown) =>
      log.warn({ error: messageOf(error) }, 'the certificate of the admin endpoint cannot be read'),
    );
  };
  lookQuietly();
  const timer = setInterval(lookQuietly, certificateEveryMs);
  timer.unref();
  return timer;
}
