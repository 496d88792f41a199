import type { Queries } from '../database.ts';
import {
  itemOf,
  merged,
  part,
  type Source,
  sourceOf,
  sources,
  type TimelineItem,
  type TimelineKind,
  timelineKinds,
} from './sources.ts';
import {
  createWhere,
  type HistoryPage,
  type PageQuery,
  pageOf,
  type ReadScope,
  scopeCondition,
} from './where.ts';

export interface TimelineQuery extends PageQuery {
  machine?: string | undefined;
  kinds?: readonly TimelineKind[] | undefined;
  severity?: 'Normal' | 'Warning' | undefined;
  reason?: string | undefined;
}

export interface EventQuery extends PageQuery {
  scope: ReadScope;
  machine?: string | undefined;
  namespace?: string | undefined;
  subjectKind?: string | undefined;
  name?: string | undefined;
  classes?: readonly string[] | undefined;
  severity?: 'Normal' | 'Warning' | undefined;
  reason?: string | undefined;
}

/** The story of a machine from all tables, newest first. */
export async function readTimeline(
  queries: Queries,
  query: TimelineQuery,
): Promise<HistoryPage<TimelineItem>> {
  const kinds = query.kinds ?? timelineKinds;
  const names = [...new Set(kinds.map((kind) => sourceOf[kind]))];
  const all = createWhere();
  const limit = all.parameter(query.limit + 1);
  const parts = names.map((name) => {
    const source: Source = sources[name];
    const where = createWhere(all.parameters);
    where.when('machine = $', query.machine);
    if (name === 'events') {
      const classes = kinds.filter((kind) => sourceOf[kind] === 'events');
      if (classes.length < 4) where.when('class = ANY($::text[])', classes);
    }
    where.when(`${source.severity} = $`, query.severity);
    where.when(`${source.reason} = $`, query.reason);
    where.page(query);
    return part(source, where, limit);
  });
  const rows = await queries.query(merged(parts, limit), all.parameters);
  return pageOf(rows.map(itemOf), query.limit);
}

/** Events, of whatever object the scope lets through, newest first. */
export async function readEvents(queries: Queries, query: EventQuery): Promise<HistoryPage<TimelineItem>> {
  const all = createWhere();
  const limit = all.parameter(query.limit + 1);
  const scope = scopeCondition(all, query.scope);
  const where = createWhere(all.parameters, scope);
  where.when('machine = $', query.machine);
  where.when('namespace = $', query.namespace);
  where.when('subject_kind = $', query.subjectKind);
  where.when('name = $', query.name);
  where.when('class = ANY($::text[])', query.classes);
  where.when('type = $', query.severity);
  where.when('reason = $', query.reason);
  where.page(query);
  const rows = await queries.query(merged([part(sources.events, where, limit)], limit), all.parameters);
  return pageOf(rows.map(itemOf), query.limit);
}

export interface SearchQuery extends PageQuery {
  scope: ReadScope;
  /** What a person typed: every word must be there, at least as the beginning of a word. */
  text: string;
}

/** Events and results in which all words are, newest first. */
export async function searchHistory(
  queries: Queries,
  query: SearchQuery,
): Promise<HistoryPage<TimelineItem>> {
  const all = createWhere();
  const limit = all.parameter(query.limit + 1);
  const found = `search @@ to_tsquery('simple', ${all.parameter(searchTerms(query.text))})`;
  const scope = scopeCondition(all, query.scope);
  const parts: string[] = [];
  const events = createWhere(all.parameters, found, scope);
  events.page(query);
  parts.push(part(sources.events, events, limit));
  if (query.scope.cluster) {
    const results = createWhere(all.parameters, found);
    results.page(query);
    parts.push(part(sources.results, results, limit));
  }
  const rows = await queries.query(merged(parts, limit), all.parameters);
  return pageOf(rows.map(itemOf), query.limit);
}

/** What was typed as a query of text search: quoted, so that nothing in it is an operator; each word by its beginning. */
export function searchTerms(text: string): string {
  const words = text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  return words
    .slice(0, 16)
    .map((word) => `'${word.replaceAll(/['\\]/g, ' ')}':*`)
    .join(' & ');
}
