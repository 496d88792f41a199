import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { messageOf } from '../errors/coded-error.ts';
import { kubeError } from './errors.ts';

/** One HTTP exchange with the API server. */
export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, relative to the server URL of the kubeconfig. */
  path: string;
  contentType?: string;
  body?: string;
  /** Until the headers of the answer are there, in milliseconds. */
  headersTimeoutMs: number;
  /** Between two pieces of the body, in milliseconds; 0 for never (a watch has its own watchdog). */
  bodyTimeoutMs: number;
  /** Streams live on connections of their own, so that they never hold up requests. */
  stream?: boolean;
  signal?: AbortSignal;
}

/** Sends requests to one API server with the credentials of a kubeconfig. */
export interface Transport {
  /** Errors: whatever undici throws; callers translate. */
  send(request: TransportRequest): Promise<Dispatcher.ResponseData>;
  /** Credentials are read anew before the next request: for after a 401. */
  refreshCredentials(): void;
  /** Closes idle connections and waits for busy ones. */
  close(): Promise<void>;
}

/** Where the API server is and who we are, as `KubeConfig` works it out. */
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

/** @param path a kubeconfig file; without it `KUBECONFIG`, `~/.kube/config`, then the pod's service account. */
export function loadKubeConfig(path?: string): KubeConfig {
  const config = new KubeConfig();
  try {
    if (path === undefined) config.loadFromDefault();
    else config.loadFromFile(path);
  } catch (error) {
    throw kubeError(
      'KubeconfigInvalid',
      `reading ${path ?? 'the default kubeconfig'} failed (${messageOf(error)})`,
      {
        cause: error,
      },
    );
  }
  if (config.getCurrentCluster() === null) {
    throw kubeError('KubeconfigInvalid', `${path ?? 'the default kubeconfig'} names no current cluster`);
  }
  return config;
}

/** Runs the kubeconfig's authenticators (token files, exec plugins, OIDC) and collects what a request needs. */
export async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw kubeError('KubeconfigInvalid', 'the kubeconfig names no current cluster');
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name] = String(value);
  }
  if (typeof options.auth === 'string')
    headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  const tls: Credentials['tls'] = {};
  if (isPem(options.ca)) tls.ca = options.ca;
  if (isPem(options.cert)) tls.cert = options.cert;
  if (isPem(options.key)) tls.key = options.key;
  if (typeof options.servername === 'string') tls.servername = options.servername;
  if (options.rejectUnauthorized === false) tls.rejectUnauthorized = false;
  const credentials: Credentials = { server: cluster.server.replace(/\/+$/, ''), headers, tls };
  if (cluster.proxyUrl !== undefined) credentials.proxyUrl = cluster.proxyUrl;
  return credentials;
}

function isPem(value: unknown): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value);
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
function openConnections(credentials: Credentials, fingerprint: string): Connections {
  const connect = { ...credentials.tls, timeout: 10_000, keepAlive: true, keepAliveInitialDelay: 30_000 };
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

/** Connections are reused for as long as server and TLS material stay the same; rotated certificates open new ones. */
export function createTransport(config: KubeConfig): Transport {
  let cached: { reading: Promise<Known>; readAt: number } | undefined;
  let connections: Connections | undefined;

  function known(): Promise<Known> {
    const now = performance.now();
    if (cached === undefined || now - cached.readAt > credentialsMaxAgeMs) {
      const reading = readCredentials(config).then((credentials) => ({
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
    connections = openConnections(credentials, fingerprint);
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
          accept: 'application/json',
          'user-agent': 'metalwright',
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
