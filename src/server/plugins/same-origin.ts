import type { FastifyRequest } from 'fastify';
import { serverError } from '../errors.ts';

/** What a page has to send with every request that changes something; no page of another origin can, without CORS. */
export const sameOriginHeader = 'x-metalwright-request';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** The parts of a request that say which page it comes from. */
export interface Origins {
  method: string;
  headers: Readonly<Record<string, unknown>>;
  /** Host and port that were asked, as the browser has them. */
  host: string;
}

/**
 * Why a request that a browser's cookie vouches for may come from a page of somebody else; undefined: it comes from ours.
 *
 * @param ownOrigin `https://metalwright.example`; undefined: any scheme at the host that was asked
 */
export function foreignOrigin(
  { method, headers, host }: Origins,
  ownOrigin: string | undefined,
): string | undefined {
  const isUpgrade = headers.upgrade !== undefined;
  if (safeMethods.has(method) && !isUpgrade) return undefined;
  const { origin } = headers;
  if (typeof origin === 'string' && !isOwn(origin, host, ownOrigin)) return `the page is of ${origin}`;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return `Sec-Fetch-Site is ${String(site)}`;
  // A WebSocket of a browser says its origin, and cannot say more.
  if (isUpgrade) return origin === undefined ? 'it says no Origin' : undefined;
  return headers[sameOriginHeader] === undefined ? `the header ${sameOriginHeader} is missing` : undefined;
}

/** Errors: CrossSite. */
export function requireSameOrigin(request: FastifyRequest, ownOrigin: string | undefined): void {
  const { method, headers, host } = request;
  const reason = foreignOrigin({ method, headers, host }, ownOrigin);
  if (reason !== undefined) throw serverError('CrossSite', reason);
}

function isOwn(origin: string, host: string, ownOrigin: string | undefined): boolean {
  if (ownOrigin !== undefined) return origin === ownOrigin;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  // A port that the scheme has anyway may be said or not.
  const asked = `${page.protocol}//${host}`;
  return URL.canParse(asked) && page.host === new URL(asked).host;
}
