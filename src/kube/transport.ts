import { createHash } from 'node:crypto';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';

/** One HTTP exchange with the API server. */
export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, relative to the server URL of the kubeconfig. */
  path: string;
  contentType?: string;
  /** Default: JSON. */
  accept?: string;
  body?: string | Uint8Array;
  /** Beside those of the kubeconfig; a list is one header line for each. */
  headers?: Readonly<Record<string, string | string[]>>;
  /** Until the headers of the answer are there, in milliseconds. */
  headersTimeoutMs: number;
  /** Between two pieces of the body, in milliseconds; 0 for never (a watch has its own watchdog). */
  bodyTimeoutMs: number;
  /** Streams live on connections of their own, so that they never hold up requests. */
  stream?: boolean;
  signal?: AbortSignal;
}

/** Sends requests to one API server, always with the same credentials. */
export interface Transport {
  /** Errors: whatever undici throws; callers translate. */
  send(request: TransportRequest): Promise<Dispatcher.ResponseData>;
  /** Credentials are read anew before the next request: for after a 401. */
  refreshCredentials(): void;
  /** Closes idle connections and waits for busy ones. */
  close(): Promise<void>;
}

/** Where the API server is and who we are. */
export interface Credentials {
  server: string;
  headers: Record<string, string>;
  tls: {
    ca?: string | Buffer;
    cert?: string | Buffer;
    key?: string | Buffer;
    servername?: string;
    rejectUnauthorized?: boolean;
  };
  proxyUrl?: string;
}

interface Known {
  credentials: Credentials;
  url: URL;
  /** Of all that a connection depends on. */
  fingerprint: string;
}

interface Connections {
  fingerprint: string;
  requests: Dispatcher;
  streams: Dispatcher;
}

/** How long credentials are used before the authenticators are asked again. */
const credentialsMaxAgeMs = 10_000;

/** HTTP/1.1 on purpose: with HTTP/2 one stalled connection would hold up every watch and every request. */
function openConnections(
  credentials: Credentials,
  fingerprint: string,
  connectTimeoutMs: number,
): Connections {
  const connect = {
    ...credentials.tls,
    timeout: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
  const open = (connections: number | null): Dispatcher => {
    const shared = { connections, allowH2: false, keepAliveTimeout: 30_000 };
    return credentials.proxyUrl === undefined
      ? new Agent({ ...shared, connect })
      : new ProxyAgent({ ...shared, uri: credentials.proxyUrl, requestTls: connect });
  };
  return { fingerprint, requests: open(64), streams: open(null) };
}

function fingerprintOf({ server, tls, proxyUrl }: Credentials): string {
  const hash = createHash('sha256');
  for (const part of [
    server,
    tls.ca,
    tls.cert,
    tls.key,
    tls.servername,
    String(tls.rejectUnauthorized),
    proxyUrl,
  ]) {
    hash.update(part ?? '').update('\0');
  }
  return hash.digest('hex');
}

/**
 * Connections are reused for as long as server and TLS material stay the same; rotated certificates open new ones.
 *
 * @param read reads the credentials anew: asked every 10 s, and after a 401
 * @param connectTimeoutMs how long a connection may take to open; `close` waits for those that do
 */
export function createTransport(read: () => Promise<Credentials>, connectTimeoutMs = 10_000): Transport {
  let cached: { reading: Promise<Known>; readAt: number } | undefined;
  let connections: Connections | undefined;

  function known(): Promise<Known> {
    const now = performance.now();
    if (cached === undefined || now - cached.readAt > credentialsMaxAgeMs) {
      const reading = read().then((credentials) => ({
        credentials,
        url: new URL(credentials.server),
        fingerprint: fingerprintOf(credentials),
      }));
      const entry = { reading, readAt: now };
      cached = entry;
      reading.catch(() => {
        if (cached === entry) cached = undefined;
      });
    }
    return cached.reading;
  }

  function connectionsFor({ credentials, fingerprint }: Known): Connections {
    if (connections?.fingerprint === fingerprint) return connections;
    if (connections !== undefined) void closeAll(connections);
    connections = openConnections(credentials, fingerprint, connectTimeoutMs);
    return connections;
  }

  return {
    async send(request) {
      const current = await known();
      const pool = connectionsFor(current);
      const { url, credentials } = current;
      return await (request.stream === true ? pool.streams : pool.requests).request({
        origin: url.origin,
        path: `${url.pathname === '/' ? '' : url.pathname}${request.path}`,
        method: request.method,
        headers: {
          ...credentials.headers,
          accept: request.accept ?? 'application/json',
          'user-agent': 'metalwright',
          ...request.headers,
          ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
        },
        body: request.body ?? null,
        headersTimeout: request.headersTimeoutMs,
        bodyTimeout: request.bodyTimeoutMs,
        signal: request.signal ?? null,
      });
    },
    refreshCredentials() {
      cached = undefined;
    },
    async close() {
      const open = connections;
      connections = undefined;
      if (open !== undefined) await closeAll(open);
    },
  };
}

async function closeAll({ requests, streams }: Connections): Promise<void> {
  await Promise.allSettled([requests.close(), streams.close()]);
}
