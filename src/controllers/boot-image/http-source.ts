import { Readable } from 'node:stream';
import { messageOf } from '../../errors/coded-error.ts';
import { importError } from './errors.ts';
import type { Source } from './file-source.ts';

const mostRedirects = 5;

/** The URL for people: without user, password and query, which may be secrets. */
export function nameOfUrl(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? 'the URL' : `${parsed.origin}${parsed.pathname}`;
}

/**
 * Opens a URL. Redirects are followed, but never from https to http, where anybody in between could change the image. A source
 * that brings nothing for `stallMs`, at the beginning or in between, is given up.
 *
 * @throws CodedError SourceNotFound, SourceRefused, SourceFailed; the stream fails with SourceFailed
 */
export async function openHttpSource(url: string, stallMs: number, signal: AbortSignal): Promise<Source> {
  const stalled = new AbortController();
  const arm = (): NodeJS.Timeout =>
    setTimeout(
      () => stalled.abort(importError('SourceFailed', `${nameOfUrl(url)}: nothing came for ${stallMs} ms`)),
      stallMs,
    );
  const either = AbortSignal.any([signal, stalled.signal]);
  const watchdog = arm();
  try {
    const response = await follow(url, either);
    const length = response.headers.get('content-length');
    const body = response.body ?? new Response('').body;
    if (body === null) throw importError('SourceFailed', `${nameOfUrl(url)}: an empty answer`);
    const chunks = watched(body, arm, stalled.signal);
    return {
      stream: Readable.from(chunks, { objectMode: false, highWaterMark: 1024 * 1024 }),
      totalBytes: length === null ? undefined : Number(length),
    };
  } catch (error) {
    signal.throwIfAborted();
    stalled.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(watchdog);
  }
}

/** Only waiting for the source counts, not what is done with its bytes. */
async function* watched(
  body: ReadableStream<Uint8Array>,
  arm: () => NodeJS.Timeout,
  stalled: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let watchdog = arm();
  try {
    for await (const chunk of body) {
      clearTimeout(watchdog);
      yield chunk;
      watchdog = arm();
    }
  } catch (error) {
    stalled.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(watchdog);
  }
}

async function follow(url: string, signal: AbortSignal): Promise<Response> {
  let next = new URL(url);
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    const response = await request(next, signal);
    const location = isRedirect(response.status) ? response.headers.get('location') : null;
    if (location === null) return accepted(next, response);
    await response.body?.cancel();
    const target = URL.parse(location, next.href);
    const isDowngrade = next.protocol === 'https:' && target?.protocol !== 'https:';
    if (target === null || isDowngrade || !/^https?:$/.test(target.protocol)) {
      throw importError('SourceRefused', `${nameOfUrl(next.href)} redirects to ${nameOfUrl(location)}`);
    }
    next = target;
  }
  throw importError('SourceRefused', `${nameOfUrl(url)}: more than ${mostRedirects} redirects`);
}

async function request(url: URL, signal: AbortSignal): Promise<Response> {
  if (url.username !== '' || url.password !== '')
    throw importError('SourceRefused', `${nameOfUrl(url.href)}: a user name or password in the URL`);
  try {
    // `identity`: a web server that compresses on the way would change what is measured and hashed.
    return await fetch(url, { signal, redirect: 'manual', headers: { 'accept-encoding': 'identity' } });
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw importError('SourceFailed', `${nameOfUrl(url.href)}: ${messageOf(cause)}`, error);
  }
}

async function accepted(url: URL, response: Response): Promise<Response> {
  const { status } = response;
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  if (status === 200 && encoding === 'identity') return response;
  await response.body?.cancel();
  const seen = status === 200 ? `Content-Encoding ${encoding}` : `HTTP ${status}`;
  const isPassing = status >= 500 || status === 408 || status === 429;
  const isGone = status === 404 || status === 410;
  const code = isGone ? 'SourceNotFound' : isPassing ? 'SourceFailed' : 'SourceRefused';
  throw importError(code, `${nameOfUrl(url.href)}: ${seen}`);
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}
