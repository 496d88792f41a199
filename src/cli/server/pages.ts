import { isRecord, stringMember } from '../../kube/json.ts';
import { CliError } from '../errors.ts';
import type { RestClient } from './rest-client.ts';

/** Items of a list of the REST API, as it has them. */
export interface Listed {
  items: Record<string, unknown>[];
  /** There are more than were asked for. */
  more: boolean;
}

/** What the server gives at a time. */
const pageSize = 500;

/**
 * The first items of a list, over as many pages as it takes.
 *
 * @param limit how many at most
 * @param arrived is told of each page
 * @throws CliError
 */
export async function readItems(
  client: RestClient,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  limit: number,
  signal: AbortSignal,
  arrived?: () => void,
): Promise<Listed> {
  const items: Record<string, unknown>[] = [];
  let cursor: string | undefined;
  for (;;) {
    const asked = { ...query, limit: String(Math.min(pageSize, limit - items.length)), cursor };
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(asked)) if (value !== undefined) words.set(name, value);
    const page = await client.get(`${path}?${words}`, signal);
    arrived?.();
    const found: unknown = isRecord(page) ? page.items : undefined;
    if (!Array.isArray(found)) throw new CliError('failed', `${path} is no list of the REST API`);
    for (const item of found) if (isRecord(item)) items.push(item);
    cursor = stringMember(page, 'next');
    if (cursor === undefined || found.length === 0) return { items, more: false };
    if (items.length >= limit) return { items, more: true };
  }
}
