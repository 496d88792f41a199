/** A row as the database gave it, without the members that were NULL. */
export type Row = Readonly<Record<string, unknown>>;

/** Undefined is NULL. */
export type Parameter = string | number | boolean | undefined | readonly string[];

/** Statements on one connection. Every failure is a StoreError: Unavailable, Timeout, BadData or Failed. */
export interface Queries {
  /** One statement with parameters `$1`, `$2`, …. */
  query(sql: string, parameters?: readonly Parameter[]): Promise<Row[]>;
  /** Several statements without parameters. */
  script(sql: string): Promise<void>;
}

/** The database of history: PostgreSQL, or PGlite, which is PostgreSQL in the process itself. */
export interface Database extends Queries {
  readonly kind: 'PostgreSQL' | 'PGlite';
  /** @param timeoutMs for each statement; without it that of the database's options */
  transaction<R>(work: (queries: Queries) => Promise<R>, timeoutMs?: number): Promise<R>;
  /** The whole data directory, consistent, as a tar with gzip. Undefined: use `pg_dump`. */
  dump?: (() => Promise<Uint8Array>) | undefined;
  close(): Promise<void>;
}

/** A row without its NULLs. */
export function withoutNulls(row: object): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
