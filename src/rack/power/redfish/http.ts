import { gunzipSync } from 'node:zlib';
import { type Agent, request } from 'undici';
import { connectionError, type RedfishResponse } from './faults.ts';

export type HttpMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface HttpRequest {
  method: HttpMethod;
  url: URL;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
}

const largestBody = 4 * 1024 * 1024;

/**
 * One request, on a connection of its own: some BMCs choke on persistent ones. Compression is not asked for, since it
 * weakens ETags; the BMCs that insist on it (406) get it. The whole answer must be there within `timeoutMs`.
 *
 * @throws CodedError<PowerErrorCode> BmcUnreachable, BmcTlsFailed; the signal's reason when it is aborted.
 */
export async function send(
  agent: Agent,
  asked: HttpRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<RedfishResponse> {
  const first = await attempt(agent, asked, 'identity', timeoutMs, signal);
  return first.status === 406 ? await attempt(agent, asked, 'gzip', timeoutMs, signal) : first;
}

async function attempt(
  agent: Agent,
  asked: HttpRequest,
  encoding: 'identity' | 'gzip',
  timeoutMs: number,
  signal: AbortSignal,
): Promise<RedfishResponse> {
  signal.throwIfAborted();
  const what = `${asked.method} ${asked.url.pathname}`;
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await request(asked.url, {
      dispatcher: agent,
      method: asked.method,
      reset: true,
      signal: AbortSignal.any([signal, deadline]),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      headers: {
        accept: 'application/json',
        'accept-encoding': encoding,
        'odata-version': '4.0',
        ...(asked.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...asked.headers,
      },
      body: asked.json === undefined ? null : JSON.stringify(asked.json),
    });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of answer.body) {
      const bytes = chunk instanceof Uint8Array ? chunk : new Uint8Array();
      length += bytes.length;
      if (length > largestBody) throw new Error(`the answer is larger than ${largestBody} bytes`);
      chunks.push(bytes);
    }
    const headers = Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [
        name.toLowerCase(),
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    );
    return { status: answer.statusCode, headers, ...parse(Buffer.concat(chunks), headers) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (deadline.aborted) throw connectionError(new Error(`no answer within ${timeoutMs} ms`), what);
    throw connectionError(thrown, what);
  }
}

function parse(
  bytes: Buffer,
  headers: Readonly<Record<string, string>>,
): Pick<RedfishResponse, 'body' | 'garbled'> {
  if (bytes.length === 0) return { body: undefined, garbled: false };
  try {
    const zipped = headers['content-encoding'] === 'gzip';
    const text = (zipped ? gunzipSync(bytes, { maxOutputLength: largestBody }) : bytes).toString('utf8');
    return { body: JSON.parse(text), garbled: false };
  } catch {
    return { body: undefined, garbled: true };
  }
}
