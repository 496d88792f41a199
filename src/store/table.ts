import { z } from 'zod';

/** What every row has: when it happened (RFC 3339), and an id that is the same however often it is told. */
export const rowBase = { at: z.string(), id: z.uuid() };

/** JSON that is kept as it is. */
export const Details = z.record(z.string(), z.unknown());
export type Details = z.infer<typeof Details>;

type SqlType = 'timestamptz' | 'uuid' | 'text' | 'integer' | 'bigint' | 'boolean' | 'json';

/** One table: its columns, how it is cut by time, and what a second telling of a row does. */
export interface Table {
  name: string;
  /** Beside `at` and `id`. */
  columns: Readonly<Record<string, SqlType>>;
  /** Length of a partition. */
  slice: 'day' | 'month';
  /** `ON CONFLICT`'s update; undefined: the first row stays. In any order and number of tellings the outcome is the same. */
  merge?: string | undefined;
  /** While it is NULL a row is of the present: its partition stays, whatever the retention. */
  openUntil?: string | undefined;
}

/** Takes the rows as one JSON array in `$1`: one plan for batches of any size. */
export function insertSql({ name, columns, merge }: Table): string {
  const all = { at: 'timestamptz', id: 'uuid', ...columns };
  const names = Object.keys(all).join(', ');
  const types = Object.entries(all).map(([column, type]) => `${column} ${type}`);
  // What a column's default is for is missing in the JSON: it must not be NULL instead.
  const values = Object.keys(all).map((column) => {
    const byDefault = defaults[`${name}.${column}`] ?? defaults[column];
    return byDefault === undefined ? `r.${column}` : `coalesce(r.${column}, ${byDefault})`;
  });
  return [
    `INSERT INTO metalwright.${name} AS t (${names})`,
    `SELECT ${values.join(', ')} FROM json_to_recordset($1::json) AS r(${types.join(', ')})`,
    `ON CONFLICT (at, id) DO ${merge === undefined ? 'NOTHING' : `UPDATE SET ${merge}`}`,
  ].join('\n');
}

const defaults: Readonly<Record<string, string>> = {
  count: '1',
  'results.message': "''",
  'power_operations.message': "''",
  dry_run: 'false',
};

/** SQL of a time as RFC 3339 in UTC, with microseconds, so that nothing is lost on the way to a cursor and back. */
export function utc(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
