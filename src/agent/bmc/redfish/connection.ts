import { createHash } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ServiceEndpoint } from './link.ts';

/** A request of Redfish; `path` begins with a slash. */
export interface RedfishAsked {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  json?: unknown;
  headers?: Readonly<Record<string, string>>;
}

export interface RedfishAnswer {
  status: number;
  /** Lower-case names. */
  headers: IncomingMessage['headers'];
  /** Parsed; undefined when there is none, or it is no JSON. */
  body: unknown;
}

/** Sends one request. Rejects when no answer comes. */
export type RedfishCall = (asked: RedfishAsked) => Promise<RedfishAnswer>;

/** A service whose certificate is known. */
export interface RedfishConnection {
  call: RedfishCall;
  /** SHA-256 of the certificate, lower-case hex. */
  fingerprint: string;
}

/** Makes a connection; the certificate has to be `fingerprint`, where that is known. */
export type ConnectRedfish = (
  endpoint: ServiceEndpoint,
  fingerprint: string | undefined,
  signal: AbortSignal,
) => Promise<RedfishConnection>;

const silenceMs = 30_000;
const largestAnswer = 1024 * 1024;

/**
 * Over TLS. Certificates of BMCs are signed by themselves: the one that is seen first, before anything is sent, is the only one that is taken from
 * then on. The other end is in the same machine, on a wire of its own.
 */
export const connectRedfish: ConnectRedfish = async (endpoint, expected, signal) => {
  const first = await open(endpoint, expected, signal);
  const fingerprint = fingerprintOf(first);
  first.destroy();
  return {
    fingerprint,
    async call(asked) {
      const socket = await open(endpoint, fingerprint, signal);
      try {
        return await exchange(socket, endpoint, asked, signal);
      } finally {
        socket.destroy();
      }
    },
  };
};

async function open(
  { host, port }: ServiceEndpoint,
  expected: string | undefined,
  signal: AbortSignal,
): Promise<TLSSocket> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  // The certificate is checked below, before a byte is sent.
  const socket = connectTls({ host, port, rejectUnauthorized: false });
  const abort = (): void => void socket.destroy(new Error('stopped'));
  signal.addEventListener('abort', abort, { once: true });
  socket.setTimeout(silenceMs, () =>
    socket.destroy(new Error(`the BMC said nothing for ${silenceMs / 1000} s`)),
  );
  socket.once('secureConnect', () => resolve(socket));
  socket.on('error', reject);
  socket.once('close', () => {
    signal.removeEventListener('abort', abort);
    reject(new Error('the BMC closed the connection'));
  });
  const opened = await promise;
  if (expected === undefined || fingerprintOf(opened) === expected) return opened;
  opened.destroy();
  throw new Error("the BMC's certificate is not the one that it should be");
}

function fingerprintOf(socket: TLSSocket): string {
  return createHash('sha256').update(socket.getPeerCertificate().raw).digest('hex');
}

async function exchange(
  socket: TLSSocket,
  { host, port }: ServiceEndpoint,
  { method, path, json, headers }: RedfishAsked,
  signal: AbortSignal,
): Promise<RedfishAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const payload = json === undefined ? undefined : JSON.stringify(json);
  const bare = host.replace(/%.*$/, '');
  const outgoing = request({
    ...{ method, path, signal, createConnection: () => socket },
    headers: {
      host: `${bare.includes(':') ? `[${bare}]` : bare}:${port}`,
      ...{ accept: 'application/json', 'odata-version': '4.0', connection: 'close' },
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
      ...headers,
    },
  });
  outgoing.once('response', resolve);
  outgoing.once('error', reject);
  outgoing.end(payload);
  const response = await promise;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > largestAnswer) throw new Error('the answer of the BMC is too large');
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: parse(Buffer.concat(chunks).toString()),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
