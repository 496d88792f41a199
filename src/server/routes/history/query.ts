import { z } from 'zod';
import type { HistoryPage, HistoryPosition, PageQuery } from '../../../store/reads/where.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import type { Answer } from '../../route.ts';

/** RFC 3339 with a zone, of a year that PostgreSQL knows. */
const Moment = z.iso
  .datetime({ offset: true })
  .refine((text) => /^[12]\d{3}-/.test(text), 'a year of four digits');

/** Parameters of every list of history. */
export const pageParameters = {
  since: Moment.optional().describe('What was at this moment or later: RFC 3339.'),
  until: Moment.optional().describe('What was before this moment: RFC 3339.'),
  limit: z
    .string()
    .regex(/^([1-9]|[1-9][0-9]|[1-4][0-9][0-9]|500)$/, 'a number from 1 to 500')
    .optional()
    .describe('How many a page has: 1 to 500. Default: 100.'),
  cursor: z.string().max(4096).optional().describe('next of the page before.'),
};

/** A name, as it stands in a row: it may be of something that is long gone. */
export const RowText = z
  .string()
  .min(1)
  .max(253)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'a text without NUL');

interface Asked {
  since?: string | undefined;
  until?: string | undefined;
  limit?: string | undefined;
  cursor?: string | undefined;
}

/** The page of a list. @param list what makes the list another one: its cursors are of no use elsewhere. Errors: BadCursor. */
export function pageOfQuery(
  { cursors }: Pick<ServerDeps, 'cursors'>,
  list: unknown,
  asked: Asked,
): PageQuery {
  const { since, until, limit, cursor } = asked;
  return {
    since,
    until,
    limit: Number(limit ?? '100'),
    after: cursor === undefined ? undefined : positionOf(cursors, list, cursor),
  };
}

function positionOf(cursors: ServerDeps['cursors'], list: unknown, cursor: string): HistoryPosition {
  const { values, key } = cursors.read(list, cursor);
  const [at] = values;
  if (typeof at !== 'string') throw serverError('BadCursor', 'begin the list anew, without cursor');
  return { at, id: key };
}

/** What a page looks like. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().optional().describe('The cursor of the next page. Missing: this is the last.'),
  });
}

/** A page as an answer. */
export function answerOf<Item extends HistoryPosition>(
  { cursors }: Pick<ServerDeps, 'cursors'>,
  list: unknown,
  { items, end }: HistoryPage<Item>,
): Answer {
  const next = end && cursors.write(list, { values: [end.at], key: end.id });
  return { status: 200, body: { items, ...(next === undefined ? {} : { next }) } };
}
