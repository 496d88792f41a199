import { z } from 'zod';
import type { Queries } from '../database.ts';
import { utc } from '../table.ts';
import { createWhere, type HistoryPage, Moment, type PageQuery, pageOf } from './where.ts';

/** Who had an address, and when. */
export const AddressItem = z.object({
  at: Moment.describe('When the IPAddress was created.'),
  id: z.string(),
  address: z.string(),
  subnet: z.string(),
  purpose: z.string(),
  mac: z.string().optional(),
  machine: z.string().optional(),
  hostname: z.string().optional(),
  since: Moment.describe('From when on it was theirs.'),
  until: Moment.optional().describe('When it was no longer; missing: it still is.'),
});
export type AddressItem = z.infer<typeof AddressItem>;

export interface AddressQuery extends PageQuery {
  address?: string | undefined;
  machine?: string | undefined;
  mac?: string | undefined;
  subnet?: string | undefined;
  /** Those that are there, or those that are gone. */
  open?: boolean | undefined;
}

const columns = `${utc('at')} AS at, id::text AS id, address, subnet, purpose, mac, machine, hostname, ${utc('since')} AS since, ${utc('until')} AS until`;

/** Who had which address, newest first. */
export async function readAddresses(
  queries: Queries,
  query: AddressQuery,
): Promise<HistoryPage<AddressItem>> {
  const where = createWhere();
  where.when('address = $', query.address);
  where.when('machine = $', query.machine);
  where.when('mac = $', query.mac);
  where.when('subnet = $', query.subnet);
  if (query.open !== undefined) where.when('(until IS NULL) = $::boolean', query.open);
  where.page(query);
  const most = where.parameter(query.limit + 1);
  const rows = await queries.query(
    `SELECT ${columns} FROM metalwright.addresses AS t ${where.sql()} ORDER BY t.at DESC, t.id DESC LIMIT ${most}`,
    where.parameters,
  );
  return pageOf(
    rows.map((row) => AddressItem.parse(row)),
    query.limit,
  );
}

/** A row that has no end yet. */
export interface OpenRow {
  id: string;
  at: string;
}

/** The Allocations, or addresses, that history takes for present and that are older than a moment. */
export async function readOpenRows(
  queries: Queries,
  table: 'allocations' | 'addresses',
  before: string,
): Promise<(OpenRow & Record<string, unknown>)[]> {
  const [open, rest] =
    table === 'allocations'
      ? ['ended_at', 'namespace, name, version::float8 AS version']
      : ['until', `address, subnet, purpose, ${utc('since')} AS since`];
  const rows = await queries.query(
    `SELECT ${utc('at')} AS at, id::text AS id, ${rest} FROM metalwright.${table} WHERE ${open} IS NULL AND at < $1::timestamptz`,
    [before],
  );
  return rows.map((row) => ({ ...row, id: String(row.id), at: String(row.at) }));
}
