import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { CodedError } from '../../errors/coded-error.ts';
import { imageError } from './errors.ts';
import { lookupOutward, refuseRedirect } from './redirects.ts';

/** How a file is read from a web server. Times in milliseconds; there is no limit to the whole, images are large. */
export interface HttpSource {
  url: string;
  headers?: Record<string, string>;
  /** Of the whole file. */
  sizeBytes: number;
  /** The server has so long to begin its answer, and may then be silent for so long. */
  headersMs: number;
  stallMs: number;
  /** A server that brings less, measured over `slowWindowMs`, is given up. Default: any speed will do. */
  leastBytesPerSecond?: number;
  slowWindowMs?: number;
  mostRedirects: number;
}

/** What an earlier connection showed of the file. */
export interface SeenFile {
  /** Strong entity tag. */
  etag?: string | undefined;
}

/**
 * The bytes of a file on a web server, from `offset` on. A server that knows no ranges is read from the beginning, and what is
 * known already is left out.
 *
 * @param seen carried from one connection to the next, so that a file that changed meanwhile is not taken for the old one
 * @throws ImageSourceUnreachable, ImageSourceRefused, ImageTruncated, ImageDigestMismatch (when its length is another one), and
 *   what the network threw
 */
export async function* readHttpSource(
  source: HttpSource,
  offset: number,
  seen: SeenFile,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const giveUp = new AbortController();
  const both = AbortSignal.any([signal, giveUp.signal]);
  const within = async <T>(ms: number, act: Promise<T>): Promise<T> => {
    const why = imageError('ImageSourceUnreachable', `${nameOf(source.url)}: no byte in ${ms} ms`);
    const timer = setTimeout(() => giveUp.abort(why), ms);
    return act.finally(() => clearTimeout(timer));
  };
  try {
    const response = await within(source.headersMs, follow(source, offset, seen, both));
    let skip = checkAnswer(response, source, offset, seen);
    // It fails once more when it is given up, after everybody has stopped listening.
    response.on('error', () => undefined);
    const pace = createPace(source);
    const chunks = response[Symbol.asyncIterator]();
    // Only waiting for the source counts, not what is done with the bytes.
    for (;;) {
      const waitedFrom = performance.now();
      const next: IteratorResult<Buffer> = await within(source.stallMs, chunks.next());
      if (next.done === true) return;
      pace(next.value.length, performance.now() - waitedFrom);
      if (skip < next.value.length) yield next.value.subarray(skip);
      skip = Math.max(0, skip - next.value.length);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw giveUp.signal.aborted ? giveUp.signal.reason : error;
  } finally {
    giveUp.abort();
  }
}

/** Throws when the source is slower than it may be. */
function createPace({
  url,
  leastBytesPerSecond,
  slowWindowMs = 5_000,
}: HttpSource): (bytes: number, waitedMs: number) => void {
  let [windowBytes, windowMs] = [0, 0];
  return (bytes, waitedMs) => {
    windowBytes += bytes;
    windowMs += waitedMs;
    if (windowMs < slowWindowMs) return;
    const rate = (windowBytes / windowMs) * 1000;
    if (leastBytesPerSecond !== undefined && rate < leastBytesPerSecond)
      throw imageError('ImageSourceUnreachable', `${nameOf(url)}: only ${Math.round(rate)} bytes a second`);
    [windowBytes, windowMs] = [0, 0];
  };
}

/** What the answer is worth; how many of its bytes are known already. */
function checkAnswer(
  { statusCode = 0, headers }: IncomingMessage,
  { url, sizeBytes }: HttpSource,
  offset: number,
  seen: SeenFile,
): number {
  const name = nameOf(url);
  if (statusCode !== 200 && statusCode !== 206)
    throw imageError('ImageSourceRefused', `${name}: HTTP ${statusCode}`, {
      retryable: statusCode >= 500 || statusCode === 429 || statusCode === 408,
    });
  const coding = headers['content-encoding'] ?? 'identity';
  if (coding !== 'identity')
    throw imageError('ImageSourceRefused', `${name}: sent as ${coding}, which was not asked for`);
  const etag = headers.etag?.startsWith('"') === true ? headers.etag : undefined;
  if (offset > 0 && seen.etag !== undefined && etag !== seen.etag)
    throw imageError('ImageDigestMismatch', `${name}: the file was replaced during the transfer`);
  seen.etag = etag;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  const from = statusCode === 206 && range !== null ? Number(range[1]) : 0;
  const length = headers['content-length'];
  const total = length === undefined ? undefined : from + Number(length);
  if (total !== undefined && total < sizeBytes)
    throw imageError('ImageTruncated', `${name}: ${total} of ${sizeBytes} bytes`);
  if (total !== undefined && total > sizeBytes)
    throw imageError('ImageDigestMismatch', `${name}: ${total} bytes in the place of ${sizeBytes}`);
  if (from > offset || (statusCode === 206 && range === null))
    throw imageError('ImageSourceRefused', `${name}: another range than was asked for`);
  return offset - from;
}

async function follow(
  source: HttpSource,
  offset: number,
  seen: SeenFile,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let url = new URL(source.url);
  for (let redirects = 0; ; redirects += 1) {
    const response = await send(url, redirects > 0, source, offset, seen, signal);
    const { statusCode = 0, headers } = response;
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return response;
    response.destroy();
    if (redirects >= source.mostRedirects) throw refused(url, 'it redirects too often');
    const to = URL.parse(headers.location, url.href);
    const refusal = to === null ? 'it leads nowhere' : refuseRedirect(url, to);
    if (to === null || refusal !== undefined)
      throw refused(url, `its redirect is not followed, ${refusal ?? ''}`);
    url = to;
  }
}

function send(
  url: URL,
  redirected: boolean,
  source: HttpSource,
  offset: number,
  seen: SeenFile,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const origin = new URL(source.url);
  const outgoing = request(url, {
    agent: false,
    signal,
    // A name that a stranger sends the rack to must not be the rack itself.
    ...(redirected && url.hostname !== origin.hostname ? { lookup: lookupOutward } : {}),
    headers: {
      // A web server that compresses on the way would change what is measured and hashed.
      'accept-encoding': 'identity',
      ...(offset > 0 ? { range: `bytes=${offset}-` } : {}),
      ...(offset > 0 && seen.etag !== undefined ? { 'if-range': seen.etag } : {}),
      ...source.headers,
    },
  });
  outgoing.on('response', resolve);
  outgoing.on('error', reject);
  outgoing.end();
  return promise;
}

function refused(url: URL, why: string): CodedError {
  return imageError('ImageSourceRefused', `${nameOf(url.href)}: ${why}`);
}

/** The URL for people: without user, password and query, which may be secrets. */
export function nameOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? 'the source' : `${parsed.origin}${parsed.pathname}`;
}
