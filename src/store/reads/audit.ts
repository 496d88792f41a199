import { z } from 'zod';
import type { Queries } from '../database.ts';
import { utc } from '../table.ts';
import { createWhere, type HistoryPage, Moment, type PageQuery, pageOf } from './where.ts';

/** One write through the REST API. */
export const AuditItem = z.object({
  at: Moment,
  id: z.string(),
  user: z.string(),
  verb: z.string().describe('create, replace, patch or delete.'),
  resource: z.string().describe('The noun of the path.'),
  namespace: z.string().optional(),
  name: z.string().optional(),
  path: z.string(),
  dryRun: z.boolean(),
  status: z.int().describe('Of HTTP.'),
  outcome: z.string().describe('Done, or the code of the problem.'),
  message: z.string().optional(),
  requestId: z.string(),
  durationMs: z.int().optional(),
  details: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('What else is known: names, fields, and from where it came.'),
});
export type AuditItem = z.infer<typeof AuditItem>;

export interface AuditQuery extends PageQuery {
  user?: string | undefined;
  verb?: string | undefined;
  resource?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
  outcome?: string | undefined;
  requestId?: string | undefined;
}

const columns = `${utc('at')} AS at, id::text AS id, username AS "user", verb, resource, namespace, name, path, dry_run AS "dryRun", status, outcome, message, request_id AS "requestId", duration_ms AS "durationMs", details`;

/** Who wrote what, newest first. */
export async function readAudit(queries: Queries, query: AuditQuery): Promise<HistoryPage<AuditItem>> {
  const where = createWhere();
  where.when('username = $', query.user);
  where.when('verb = $', query.verb);
  where.when('resource = $', query.resource);
  where.when('namespace = $', query.namespace);
  where.when('name = $', query.name);
  where.when('outcome = $', query.outcome);
  where.when('request_id = $', query.requestId);
  where.page(query);
  const most = where.parameter(query.limit + 1);
  const rows = await queries.query(
    `SELECT ${columns} FROM metalwright.audit AS t ${where.sql()} ORDER BY t.at DESC, t.id DESC LIMIT ${most}`,
    where.parameters,
  );
  return pageOf(
    rows.map((row) => AuditItem.parse(row)),
    query.limit,
  );
}
