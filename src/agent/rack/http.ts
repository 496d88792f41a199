import { globalAgent, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type HttpTransport, plainTransport } from './transport.ts';

/** One answer of the rack, body already read. */
export interface HttpAnswer {
  status: number;
  /** The parsed body, or undefined when there is none or it is no JSON. */
  body: unknown;
  /** When the rack sent it, by its own clock, in milliseconds since the epoch; whole seconds. */
  sentAtMs?: number;
}

export interface HttpCall {
  method: 'GET' | 'POST' | 'PUT';
  url: string;
  sessionKey?: string;
  /** Sent as JSON. */
  body?: unknown;
  signal: AbortSignal;
  /** The connection is given up after so long without a byte. */
  silenceMs: number;
}

/** Sends one request, once. Throws what the network threw. */
export type SendHttp = (call: HttpCall) => Promise<HttpAnswer>;

/** Answers of the rack are small; anything above this is not from a rack. */
const largestAnswerBytes = 4 * 1024 * 1024;

/** One keep-alive connection pool, shared by everything that talks to the rack. */
export function createHttpSender(transport: HttpTransport = plainTransport(4)): SendHttp {
  return async (call) => {
    const response = await open(call, transport, {});
    const length = Number(response.headers['content-length'] ?? 0);
    if (length > largestAnswerBytes) {
      response.destroy();
      throw new Error(`the answer has ${length} bytes, more than any of a rack`);
    }
    const bytes = await buffer(response);
    const sentAtMs = Date.parse(response.headers.date ?? '');
    return {
      status: response.statusCode ?? 0,
      body: parseJson(bytes.toString()),
      ...(Number.isNaN(sentAtMs) ? {} : { sentAtMs }),
    };
  };
}

/** The body of a download from `offset` on. `from` says where it really begins: a server may not know ranges. */
export interface Download {
  status: number;
  from: number;
  body: AsyncIterable<Uint8Array>;
}

export type OpenDownload = (
  call: Pick<HttpCall, 'url' | 'sessionKey' | 'signal' | 'silenceMs'>,
  offset: number,
) => Promise<Download>;

/** A download has a connection of its own, which ends with it. */
const once: HttpTransport = { request, agent: globalAgent };

/** Opens `url`, from `offset` on where the server can. */
export const openDownload: OpenDownload = async (call, offset) => {
  const headers = offset > 0 ? { range: `bytes=${offset}-` } : {};
  const response = await open({ ...call, method: 'GET' }, once, headers);
  const range = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '');
  const from = response.statusCode === 206 && range !== null ? Number(range[1]) : 0;
  if (response.statusCode !== 200 && response.statusCode !== 206) response.resume();
  return { status: response.statusCode ?? 0, from, body: response };
};

function open(
  call: HttpCall,
  { request, agent }: HttpTransport,
  extra: Record<string, string>,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const payload = call.body === undefined ? undefined : JSON.stringify(call.body);
  const outgoing = request(call.url, {
    method: call.method,
    agent,
    signal: call.signal,
    timeout: call.silenceMs,
    headers: {
      accept: 'application/json, application/octet-stream',
      ...(call.sessionKey === undefined ? {} : { authorization: `Bearer ${call.sessionKey}` }),
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
      ...extra,
    },
  });
  outgoing.on('response', resolve);
  outgoing.on('error', reject);
  outgoing.on('timeout', () => {
    outgoing.destroy(new Error(`no byte from the rack in ${Math.round(call.silenceMs / 1000)} s`));
  });
  outgoing.end(payload);
  return promise;
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
