import { z } from 'zod';
import type { Queries } from '../database.ts';
import { utc } from '../table.ts';
import { createWhere, type HistoryPage, Moment, type PageQuery, pageOf } from './where.ts';

/** One Allocation, of now or of the past. */
export const AllocationItem = z.object({
  at: Moment.describe('When it was created.'),
  id: z.string(),
  namespace: z.string(),
  name: z.string(),
  image: z.string().optional(),
  machine: z.string().optional(),
  createdBy: z.string().optional().describe('The user, when it was created through the REST API.'),
  deletedBy: z.string().optional().describe('The user, when it was deleted through the REST API.'),
  boundAt: Moment.optional(),
  deployedAt: Moment.optional(),
  releasedAt: Moment.optional().describe('When its deletion was asked for.'),
  endedAt: Moment.optional().describe('When it was gone; missing while it is there.'),
  phase: z.string().optional().describe('The last one that was seen.'),
  heldSeconds: z
    .number()
    .min(0)
    .optional()
    .describe('How long it has held its machine, up to now or to its end.'),
});
export type AllocationItem = z.infer<typeof AllocationItem>;

export interface AllocationQuery extends PageQuery {
  namespaces: 'All' | ReadonlySet<string>;
  namespace?: string | undefined;
  name?: string | undefined;
  machine?: string | undefined;
  user?: string | undefined;
  /** Those that are there, or those that are gone. */
  open?: boolean | undefined;
}

const columns = [
  `${utc('at')} AS at`,
  'id::text AS id',
  'namespace, name, image, machine, created_by AS "createdBy", deleted_by AS "deletedBy", phase',
  `${utc('bound_at')} AS "boundAt"`,
  `${utc('deployed_at')} AS "deployedAt"`,
  `${utc('released_at')} AS "releasedAt"`,
  `${utc('ended_at')} AS "endedAt"`,
  'greatest(0, extract(epoch FROM coalesce(ended_at, now()) - bound_at))::float8 AS "heldSeconds"',
].join(', ');

/** Who had which machine, newest first. */
export async function readAllocations(
  queries: Queries,
  query: AllocationQuery,
): Promise<HistoryPage<AllocationItem>> {
  const where = createWhere();
  const { namespaces, limit } = query;
  if (namespaces !== 'All') where.when('namespace = ANY($::text[])', [...namespaces]);
  where.when('namespace = $', query.namespace);
  where.when('name = $', query.name);
  where.when('machine = $', query.machine);
  where.when('created_by = $', query.user);
  if (query.open !== undefined) where.when('(ended_at IS NULL) = $::boolean', query.open);
  where.page(query);
  const most = where.parameter(limit + 1);
  const rows = await queries.query(
    `SELECT ${columns} FROM metalwright.allocations AS t ${where.sql()} ORDER BY t.at DESC, t.id DESC LIMIT ${most}`,
    where.parameters,
  );
  // The database leaves NULL out of nothing: without a binding nothing is held.
  return pageOf(
    rows.map((row) => {
      const item = AllocationItem.parse(row);
      const { heldSeconds, ...rest } = item;
      return item.boundAt === undefined ? rest : { ...rest, heldSeconds };
    }),
    limit,
  );
}
