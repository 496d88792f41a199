import { z } from 'zod';
import type { Row } from '../database.ts';
import { utc } from '../table.ts';
import { Moment, type Where } from './where.ts';

/** What a timeline tells of. */
export const timelineKinds = ['Event', 'Step', 'Phase', 'Action', 'Power', 'Result', 'Address'] as const;
export type TimelineKind = (typeof timelineKinds)[number];

/** One thing that happened. */
export const TimelineItem = z.object({
  at: Moment,
  id: z.string(),
  kind: z
    .enum(timelineKinds)
    .describe(
      'Event: a Kubernetes Event. Step: of a boot. Phase: the machine came into it. Action: a MachineAction ended. Power: its BMC was told something. Result: of a test, a task or an inventory. Address: it was given one.',
    ),
  severity: z.enum(['Normal', 'Warning']),
  subject: z
    .object({ kind: z.string(), namespace: z.string().optional(), name: z.string() })
    .describe('The object that it happened to.'),
  machine: z.string().optional(),
  reason: z.string().describe('What it was, in one word: a reason, step, phase, action or test.'),
  message: z.string(),
  count: z.int().optional().describe('Event: how often it happened.'),
  lastAt: Moment.optional().describe('Event: when it happened last. Others: when it ended.'),
  details: z.record(z.string(), z.unknown()).optional().describe('What else is known, by kind.'),
});
export type TimelineItem = z.infer<typeof TimelineItem>;

/** Columns of one source, all sources alike. */
export interface Source {
  table: string;
  kind: string;
  severity: string;
  reason: string;
  message: string;
  subjectKind: string;
  namespace: string;
  name: string;
  count: string;
  lastAt: string;
  details: string;
}

const ofMachine = { subjectKind: "'Machine'", namespace: 'NULL::text', name: 'machine', count: 'NULL::int' };

/** Where items come from. */
export const sources = {
  events: {
    table: 'events',
    kind: 'class',
    severity: 'type',
    reason: 'reason',
    message: 'message',
    subjectKind: 'subject_kind',
    namespace: 'namespace',
    name: 'name',
    count: "CASE WHEN class = 'Event' THEN count END",
    lastAt: 'last_at',
    details: 'details::jsonb',
  },
  power: {
    ...ofMachine,
    table: 'power_operations',
    kind: "'Power'",
    severity: "CASE WHEN outcome = 'Failed' THEN 'Warning' ELSE 'Normal' END",
    reason: 'action',
    message: 'message',
    lastAt: 'finished_at',
    details:
      "jsonb_strip_nulls(jsonb_build_object('outcome', outcome, 'reason', reason, 'mode', mode, 'rack', rack))",
  },
  results: {
    ...ofMachine,
    table: 'results',
    kind: "'Result'",
    severity: "CASE WHEN outcome = 'Failed' THEN 'Warning' ELSE 'Normal' END",
    reason: 'name',
    message: 'message',
    lastAt: 'finished_at',
    details:
      "jsonb_strip_nulls(jsonb_build_object('of', kind, 'outcome', outcome, 'outputBytes', octet_length(output)) || coalesce(details::jsonb, '{}'))",
  },
  addresses: {
    ...ofMachine,
    table: 'addresses',
    kind: "'Address'",
    severity: "'Normal'",
    reason: 'purpose',
    message: 'address',
    lastAt: 'until',
    details:
      "jsonb_strip_nulls(jsonb_build_object('address', address, 'subnet', subnet, 'mac', mac, 'hostname', hostname))",
  },
} as const satisfies Record<string, Source>;

type SourceName = keyof typeof sources;

/** Which source has the items of a kind. */
export const sourceOf: Readonly<Record<TimelineKind, SourceName>> = {
  Event: 'events',
  Step: 'events',
  Phase: 'events',
  Action: 'events',
  Power: 'power',
  Result: 'results',
  Address: 'addresses',
};

function columnsOf(source: Source): string {
  return `at, id, ${source.kind} AS kind, ${source.severity} AS severity, ${source.reason} AS reason, ${source.message} AS message, ${source.subjectKind} AS subject_kind, ${source.namespace} AS namespace, ${source.name} AS name, machine, ${source.count} AS count, ${source.lastAt} AS last_at, ${source.details} AS details`;
}

/** The newest of one source that meet the conditions: an index walk of at most `limit` rows. @param limit a parameter's name */
export function part(source: Source, where: Where, limit: string): string {
  return `(SELECT ${columnsOf(source)} FROM metalwright.${source.table} ${where.sql()} ORDER BY at DESC, id DESC LIMIT ${limit})`;
}

/** The newest of all parts. */
export function merged(parts: readonly string[], limit: string): string {
  return `SELECT ${utc('at')} AS at, id::text AS id, kind, severity, reason, message, subject_kind, namespace, name, machine, count, ${utc('last_at')} AS last_at, details
    FROM (${parts.join(' UNION ALL ')}) AS merged ORDER BY merged.at DESC, merged.id DESC LIMIT ${limit}`;
}

const StoredItem = z
  .object({
    at: z.string(),
    id: z.string(),
    kind: z.enum(timelineKinds),
    severity: z.enum(['Normal', 'Warning']),
    reason: z.string(),
    message: z.string(),
    subject_kind: z.string(),
    namespace: z.string().optional(),
    name: z.string(),
    machine: z.string().optional(),
    count: z.int().optional(),
    last_at: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .transform(
    ({ subject_kind, namespace, name, last_at, ...rest }): TimelineItem => ({
      ...rest,
      subject: { kind: subject_kind, ...(namespace === undefined ? {} : { namespace }), name },
      ...(last_at === undefined ? {} : { lastAt: last_at }),
    }),
  );

/** A row of {@link merged} as an item. */
export function itemOf(row: Row): TimelineItem {
  return StoredItem.parse(row);
}
