import type { IncomingHttpHeaders } from 'node:http';
import { parseHttpDate } from './http-date.ts';

/** By what a client knows again what it holds. */
export interface Validators {
  /** Strong, with its quotes. */
  etag: string;
  /** Milliseconds since the epoch; HTTP knows whole seconds. */
  modifiedAt?: number | undefined;
}

/** What the conditions of a GET or HEAD come to, in the order of RFC 9110, 13.2.2. */
export function judgeConditions(
  headers: IncomingHttpHeaders,
  { etag, modifiedAt }: Validators,
): 'Proceed' | 'NotModified' | 'PreconditionFailed' {
  const seconds = modifiedAt === undefined ? undefined : Math.floor(modifiedAt / 1000);
  const isAfter = (header: string | undefined): boolean | undefined => {
    const date = parseHttpDate(header);
    return date === undefined || seconds === undefined ? undefined : seconds > date / 1000;
  };
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, etag, 'Strong')) return 'PreconditionFailed';
  } else if (isAfter(headers['if-unmodified-since']) === true) return 'PreconditionFailed';
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) return matchesEtag(ifNoneMatch, etag, 'Weak') ? 'NotModified' : 'Proceed';
  return isAfter(headers['if-modified-since']) === false ? 'NotModified' : 'Proceed';
}

/** Whether a range may be sent: a client that holds the beginning of something else gets the whole (RFC 9110, 13.1.5). */
export function allowsRange(headers: IncomingHttpHeaders, { etag, modifiedAt }: Validators): boolean {
  const ifRange = headers['if-range'];
  if (ifRange === undefined || ifRange === etag) return true;
  const date = typeof ifRange === 'string' ? parseHttpDate(ifRange) : undefined;
  return date !== undefined && modifiedAt !== undefined && Math.floor(modifiedAt / 1000) * 1000 === date;
}

/** Whether a list of entity tags (RFC 9110, 8.8.3) names this strong one. Weak ones count where the comparison is weak. */
export function matchesEtag(header: string, etag: string, comparison: 'Strong' | 'Weak'): boolean {
  return header.split(',').some((entry) => {
    const tag = entry.trim();
    return tag === '*' || tag === etag || (comparison === 'Weak' && tag === `W/${etag}`);
  });
}
