import type { Parameter, Row } from '../database.ts';

/** What the worker of PGlite is given at its start. */
export interface PgliteStart {
  /** Undefined: in memory. */
  directory: string | undefined;
}

/** One request to it; they are answered in order. */
export type PgliteRequest = { id: number } & (
  | { do: 'query'; sql: string; parameters: readonly Parameter[] }
  | { do: 'script'; sql: string }
  | { do: 'dump' }
  | { do: 'close' }
);

/** Its answer; the one without a request is that of the start, whose id is 0. */
export interface PgliteAnswer {
  id: number;
  rows?: Row[] | undefined;
  dump?: Uint8Array | undefined;
  failure?: { message: string; code: string } | undefined;
}
