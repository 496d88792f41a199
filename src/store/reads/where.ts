import { z } from 'zod';
import type { Parameter } from '../database.ts';

/** Where a page of history begins: after this row, newest first. */
export interface HistoryPosition {
  /** RFC 3339 with microseconds, as the row has it. */
  at: string;
  id: string;
}

/** A page of history, newest first. */
export interface HistoryPage<Item> {
  items: Item[];
  /** Of the last item, when more follow. */
  end: HistoryPosition | undefined;
}

export interface PageQuery {
  /** RFC 3339; rows from there on. */
  since?: string | undefined;
  /** RFC 3339; rows before it. */
  until?: string | undefined;
  after?: HistoryPosition | undefined;
  /** Rows in the page. */
  limit: number;
}

/** Which objects a reader may see the rows of. */
export interface ReadScope {
  /** What is of the cluster as a whole: machines, above all. */
  cluster: boolean;
  /** What is of these namespaces. */
  namespaces: 'All' | ReadonlySet<string>;
}

/** Conditions and their parameters, as they come up. */
export interface Where {
  /** The parameter's name in SQL. */
  parameter(value: Parameter): string;
  /** `$` in the condition stands for the value; without a value there is no condition. */
  when(condition: string, value: Parameter): void;
  /** The time of the page, and the place that it begins at. */
  page(query: PageQuery): void;
  sql(): string;
  parameters: Parameter[];
}

/** @param parameters of the whole statement, which several parts may share */
export function createWhere(parameters: Parameter[] = [], ...fixed: readonly (string | undefined)[]): Where {
  const conditions: string[] = fixed.filter((condition) => condition !== undefined);
  const parameter = (value: Parameter): string => `$${parameters.push(value)}`;
  const when = (condition: string, value: Parameter): void => {
    if (value !== undefined) conditions.push(condition.replaceAll('$', () => parameter(value)));
  };
  return {
    parameters,
    parameter,
    when,
    page({ since, until, after }) {
      when('at >= $::timestamptz', since);
      when('at < $::timestamptz', until);
      if (after === undefined) return;
      conditions.push(`(at, id) < (${parameter(after.at)}::timestamptz, ${parameter(after.id)}::uuid)`);
    },
    sql: () => (conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`),
  };
}

/** SQL of what the scope lets through; undefined: everything. */
export function scopeCondition(where: Where, { cluster, namespaces }: ReadScope): string | undefined {
  if (namespaces === 'All') return cluster ? undefined : 'namespace IS NOT NULL';
  const allowed = `namespace = ANY(${where.parameter([...namespaces])}::text[])`;
  return cluster ? `(namespace IS NULL OR ${allowed})` : allowed;
}

/** Cuts the row off that was asked for to learn whether there are more. */
export function pageOf<Item extends HistoryPosition>(items: Item[], limit: number): HistoryPage<Item> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page,
    end: items.length > limit && last !== undefined ? { at: last.at, id: last.id } : undefined,
  };
}

/** When something was, in UTC with microseconds. */
export const Moment = z.string().meta({ format: 'date-time' }).describe('RFC 3339, in UTC.');
