import { z } from 'zod';
import type { Queries } from './database.ts';
import { utc } from './table.ts';

/** What a webhook is told of: every phase of machines, those that are failures, results of hardware tests, Kubernetes' Warnings. */
export const webhookTopics = ['phases', 'failures', 'tests', 'warnings'] as const;
export type WebhookTopic = (typeof webhookTopics)[number];

/** A row of history that a webhook has not been told yet. */
export const Notice = z.object({
  /** RFC 3339; of a Warning that happened again, the last time. */
  at: z.string(),
  /** Of the row; a Warning has one of its own for each count. */
  id: z.string(),
  kind: z.enum(['Phase', 'Test', 'Warning']),
  /** A Warning may be about something that belongs to none. */
  machine: z.string().optional(),
  /** The phase, the name of the test, or the reason of the Warning. */
  word: z.string(),
  message: z.string(),
  /** Of a test. */
  outcome: z.string().optional(),
  failed: z.boolean(),
  /** Of a Warning: `kind`, `namespace` and `name` of what it is about, `count` and `source`. */
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Notice = z.infer<typeof Notice>;

/** For so long a webhook is tried to be told of something. */
export const webhookHours = 24;

/** Rows may come to the database after younger ones. */
const lateness = "interval '1 hour'";
const giveUp = `interval '${webhookHours} hours'`;

/** Remembers a webhook; one that is new is told of what comes from now on. Errors: Unavailable, Timeout. */
export async function beginWebhook(queries: Queries, name: string): Promise<void> {
  await queries.query(
    'INSERT INTO metalwright.webhooks (name, since, told_until) VALUES ($1, now(), now()) ON CONFLICT DO NOTHING',
    [name],
  );
}

/** What a webhook is to be told now, oldest first. Errors: Unavailable, Timeout. */
export async function readNotices(
  queries: Queries,
  { webhook, topics, limit }: { webhook: string; topics: readonly WebhookTopic[]; limit: number },
): Promise<Notice[]> {
  const [begin] = await queries.query(
    `SELECT ${utc(`greatest(since, now() - ${giveUp}, told_until - ${lateness})`)} AS at FROM metalwright.webhooks WHERE name = $1`,
    [webhook],
  );
  if (begin === undefined) return [];
  const rows = await queries.query(
    `SELECT ${utc('t.at')} AS at, t.id::text AS id, t.kind, t.machine, t.word, t.message, t.outcome, t.failed, t.details
     FROM (
       SELECT at, id, 'Phase' AS kind, name AS machine, reason AS word, message, NULL::text AS outcome, type = 'Warning' AS failed, details
       FROM metalwright.events
       WHERE class = 'Phase' AND at >= $2::timestamptz AND ($3::boolean OR ($4::boolean AND type = 'Warning'))
       UNION ALL
       SELECT at, id, 'Test', machine, name, message, outcome, outcome = 'Failed', details
       FROM metalwright.results
       WHERE kind = 'Test' AND at >= $2::timestamptz AND $5::boolean
       UNION ALL
       SELECT coalesce(last_at, at), CASE WHEN count > 1 THEN md5(id::text || ' ' || count)::uuid ELSE id END, 'Warning', machine, reason,
         message, NULL, true,
         json_strip_nulls(json_build_object('kind', subject_kind, 'namespace', namespace, 'name', name, 'count', count, 'source', source))
       FROM metalwright.events
       WHERE class = 'Event' AND type = 'Warning' AND coalesce(last_at, at) >= $2::timestamptz AND $6::boolean
     ) AS t
     LEFT JOIN metalwright.webhook_deliveries AS d ON d.webhook = $1 AND d.id = t.id
     WHERE d.delivered_at IS NULL AND (d.next_at IS NULL OR d.next_at <= now())
     ORDER BY t.at, t.id LIMIT $7`,
    [webhook, String(begin.at), ...webhookTopics.map((topic) => topics.includes(topic)), limit],
  );
  return rows.map((row) => Notice.parse(row));
}

/** It was told. Errors: Unavailable, Timeout. */
export async function noteDelivered(queries: Queries, webhook: string, { id, at }: Notice): Promise<void> {
  await queries.query(
    `INSERT INTO metalwright.webhook_deliveries AS d (webhook, id, at, attempts, delivered_at) VALUES ($1, $2, $3, 1, now())
     ON CONFLICT (webhook, id) DO UPDATE SET attempts = d.attempts + 1, delivered_at = now(), next_at = NULL`,
    [webhook, id, at],
  );
}

/**
 * It could not be told, and is tried again after a pause that is made of the number of attempts. Errors: Unavailable, Timeout.
 *
 * @returns the attempts so far, and the pause in milliseconds
 */
export async function noteFailed(
  queries: Queries,
  webhook: string,
  { id, at }: Notice,
  pauseMs: (attempts: number) => number,
): Promise<{ attempts: number; pauseMs: number }> {
  const [row] = await queries.query(
    `INSERT INTO metalwright.webhook_deliveries AS d (webhook, id, at, attempts) VALUES ($1, $2, $3, 1)
     ON CONFLICT (webhook, id) DO UPDATE SET attempts = d.attempts + 1 RETURNING attempts`,
    [webhook, id, at],
  );
  const attempts = Number(row?.attempts ?? 1);
  const pause = pauseMs(attempts);
  await queries.query(
    'UPDATE metalwright.webhook_deliveries SET next_at = now() + make_interval(secs => $3) WHERE webhook = $1 AND id = $2',
    [webhook, id, pause / 1000],
  );
  return { attempts, pauseMs: pause };
}

/** Everything that was there has been told, and nothing waits for another attempt: what is older need not be looked at again. */
export async function noteAllTold(queries: Queries, webhook: string): Promise<void> {
  const moved = await queries.query(
    `UPDATE metalwright.webhooks SET told_until = now()
     WHERE name = $1 AND told_until < now() - interval '10 minutes' AND NOT EXISTS (
       SELECT 1 FROM metalwright.webhook_deliveries AS d
       WHERE d.webhook = $1 AND d.delivered_at IS NULL AND d.at > now() - ${giveUp}
     ) RETURNING name`,
    [webhook],
  );
  if (moved.length === 0) return;
  await queries.query(
    `DELETE FROM metalwright.webhook_deliveries WHERE webhook = $1 AND at < now() - 2 * ${giveUp}`,
    [webhook],
  );
}
