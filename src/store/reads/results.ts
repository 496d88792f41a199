import { z } from 'zod';
import type { Queries } from '../database.ts';
import { utc } from '../table.ts';
import { createWhere, type HistoryPage, Moment, type PageQuery, pageOf } from './where.ts';

/** One result with all that it printed. */
export const ResultItem = z.object({
  at: Moment,
  id: z.string(),
  machine: z.string(),
  kind: z.string().describe('Test, Task or Inventory.'),
  name: z.string(),
  outcome: z.string(),
  startedAt: Moment.optional(),
  finishedAt: Moment.optional(),
  message: z.string(),
  output: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type ResultItem = z.infer<typeof ResultItem>;

const columns = `${utc('at')} AS at, id::text AS id, machine, kind, name, outcome, ${utc('started_at')} AS "startedAt", ${utc('finished_at')} AS "finishedAt", message, output, details`;

/** Undefined when there is none. */
export async function readResult(
  queries: Queries,
  { machine, id }: { machine: string; id: string },
): Promise<ResultItem | undefined> {
  const [row] = await queries.query(
    `SELECT ${columns} FROM metalwright.results WHERE machine = $1 AND id = $2::uuid LIMIT 1`,
    [machine, id],
  );
  return row && ResultItem.parse(row);
}

/** A line of what a machine said. */
export const ConsoleItem = z.object({
  at: Moment,
  id: z.string(),
  source: z.string().describe('Serial: its serial console.'),
  text: z.string(),
});
export type ConsoleItem = z.infer<typeof ConsoleItem>;

/** What a machine said, the newest line first. @param query.text only lines with this in them, in capitals or not */
export async function readConsole(
  queries: Queries,
  query: PageQuery & { machine: string; text?: string | undefined },
): Promise<HistoryPage<ConsoleItem>> {
  const where = createWhere();
  where.when('machine = $', query.machine);
  where.when('strpos(lower(text), lower($)) > 0', query.text);
  where.page(query);
  const most = where.parameter(query.limit + 1);
  const rows = await queries.query(
    `SELECT ${utc('at')} AS at, id::text AS id, source, text FROM metalwright.console_logs AS t ${where.sql()}
     ORDER BY t.at DESC, t.id DESC LIMIT ${most}`,
    where.parameters,
  );
  return pageOf(
    rows.map((row) => ConsoleItem.parse(row)),
    query.limit,
  );
}
