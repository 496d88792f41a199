import { isIPv6 } from 'node:net';
import type { AdminConfiguration } from '../../config/admin.ts';

/**
 * Where others find the admin endpoint. One that listens on every address is found at the first that the rack serves.
 * @param served the rack's addresses that it serves networks from
 */
export function adminUrl(
  { address, port, tls }: AdminConfiguration,
  served: readonly string[],
): string | undefined {
  const everywhere = address === '0.0.0.0' || /^[0:]+$/.test(address);
  const host = everywhere ? served[0] : address;
  if (host === undefined) return undefined;
  return `${tls === undefined ? 'http' : 'https'}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
