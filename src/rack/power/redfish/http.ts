import { gunzipSync } from 'node:zlib';
import type { Agent } from 'undici';
import { exchange, type HttpMethod, largestBody } from '../http/request.ts';
import type { RedfishResponse } from './faults.ts';

/** A request of Redfish. */
export interface RedfishRequest {
  method: HttpMethod;
  url: URL;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Milliseconds for the answer, where they are not the usual ones. */
  timeoutMs?: number | undefined;
}

/**
 * One request. Compression is not asked for, since it weakens ETags; the BMCs that insist on it (406) get it.
 *
 * @throws CodedError<PowerErrorCode> BmcUnreachable, BmcTlsFailed; the signal's reason when it is aborted.
 */
export async function send(
  agent: Agent,
  asked: RedfishRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<RedfishResponse> {
  const first = await attempt(agent, asked, 'identity', timeoutMs, signal);
  return first.status === 406 ? await attempt(agent, asked, 'gzip', timeoutMs, signal) : first;
}

async function attempt(
  agent: Agent,
  { method, url, headers: own, json }: RedfishRequest,
  encoding: 'identity' | 'gzip',
  timeoutMs: number,
  signal: AbortSignal,
): Promise<RedfishResponse> {
  const headers = {
    accept: 'application/json',
    'accept-encoding': encoding,
    'odata-version': '4.0',
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    ...own,
  };
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const answer = await exchange(agent, { method, url, headers, ...body }, timeoutMs, signal);
  return { status: answer.status, headers: answer.headers, ...parse(answer.bytes, answer.headers) };
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
