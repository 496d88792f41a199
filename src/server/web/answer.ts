import { isNoneMatch } from '../preconditions.ts';
import type { WebFile } from './files.ts';

/** What a browser is sent for a file of the UI. */
export interface FileAnswer {
  status: 200 | 304;
  headers: Record<string, string>;
  body: Buffer | undefined;
}

/** Of the pages themselves: scripts, styles and data from here alone, nothing inline, in no frame. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** @param asked headers of the request, by lower-case name */
export function answerWith(file: WebFile, asked: { encodings?: string; ifNoneMatch?: string }): FileAnswer {
  const { immutable, etag, mediaType } = file;
  const headers: Record<string, string> = {
    'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': pagePolicy,
    etag,
    vary: 'accept-encoding',
  };
  if (isNoneMatch(asked.ifNoneMatch, etag)) return { status: 304, headers, body: undefined };
  const { encoding, body } = encoded(file, asked.encodings ?? '');
  return {
    status: 200,
    headers: {
      ...headers,
      'content-type': mediaType,
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    },
    body,
  };
}

/** Brotli before gzip, where the browser takes it (RFC 9110, section 12.5.3). */
function encoded(file: WebFile, accepted: string): { encoding?: 'br' | 'gzip'; body: Buffer } {
  const codings = accepted
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => !/;\s*q=0(\.0+)?$/.test(part))
    .map((part) => part.split(';', 1)[0]);
  for (const encoding of ['br', 'gzip'] as const) {
    const body = file[encoding];
    if (body !== undefined && codings.includes(encoding)) return { encoding, body };
  }
  return { body: file.body };
}
