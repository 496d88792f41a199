import type { Machine } from '../../../api/machine/schema.ts';
import type { Rack } from '../../../api/rack/schema.ts';
import { tokenSafeUrl } from '../../racks/admin-url.ts';

/** A rack that may have a machine's console. */
export interface ConsoleRack {
  name: string;
  adminUrl: string;
}

/**
 * The racks to ask for a machine's console, the best placed first: those that reach its BMC, then those of which that is not
 * known. In an order that is the same for every server, so that all viewers of a machine meet at one rack. Pure.
 */
export function racksFor({ status }: Machine, racks: readonly Rack[]): ConsoleRack[] {
  const reach = new Map((status?.bmcReach ?? []).map(({ rack, reaches }) => [rack, reaches]));
  const place = (name: string): number => {
    const reaches = reach.get(name);
    return reaches === undefined ? 1 : reaches ? 0 : 2;
  };
  return racks
    .flatMap(({ metadata: { name }, status: rack }) =>
      rack?.adminUrl === undefined || place(name) === 2 ? [] : [{ name, adminUrl: rack.adminUrl }],
    )
    .sort((one, other) => place(one.name) - place(other.name) || (one.name < other.name ? -1 : 1));
}

/** The address of the console; undefined: tokens do not go there, since nothing would hide them. */
export function consoleUrl(adminUrl: string, machine: string, query: URLSearchParams): URL | undefined {
  const url = tokenSafeUrl(adminUrl, `/console/${machine}`);
  if (url === undefined) return undefined;
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = query.toString();
  return url;
}
