import { Pool, type PoolClient, type QueryConfig } from 'pg';
import type { Database, Parameter, Queries, Row } from './database.ts';
import { withoutNulls } from './database.ts';
import { storeErrorOf } from './errors.ts';

export interface PgOptions {
  /** `postgres://user:password@host:5432/database`, or `postgres:///database?host=/run/postgresql`. */
  url: string;
  /** Connections at most. */
  connections?: number | undefined;
  /** How long a statement may take outside of a transaction with a time of its own, in milliseconds. */
  statementTimeoutMs?: number | undefined;
  connectTimeoutMs?: number | undefined;
  /** Told when an idle connection breaks: nothing is lost by it. */
  onIdleError?: ((error: Error) => void) | undefined;
}

/** What a client waits for an answer beyond the server's own time-out, before it gives the connection up. */
const patienceMs = 5_000;

/** PostgreSQL 15 or later. Nothing is connected yet. */
export function createPgDatabase(options: PgOptions): Database {
  const { statementTimeoutMs = 5_000, connectTimeoutMs = 5_000 } = options;
  const pool = new Pool({
    connectionString: options.url,
    max: options.connections ?? 8,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'metalwright',
    keepAlive: true,
  });
  pool.on('error', (error) => options.onIdleError?.(error));

  /** @param timeoutMs after which a silent connection is given up */
  function queriesOf(client: PoolClient, timeoutMs: number): Queries {
    const send = async (text: string, values?: readonly Parameter[]): Promise<Row[]> => {
      // With values pg uses the extended protocol, which takes one statement alone.
      const query: QueryConfig & { query_timeout: number } = {
        text,
        ...(values === undefined ? {} : { values: [...values] }),
        query_timeout: timeoutMs + patienceMs,
      };
      const { rows } = await client.query<Record<string, unknown>>(query);
      return rows;
    };
    return {
      async query(sql, parameters = []) {
        return (await send(sql, parameters)).map(withoutNulls);
      },
      async script(sql) {
        await send(sql);
      },
    };
  }

  async function connected<R>(timeoutMs: number, work: (queries: Queries) => Promise<R>): Promise<R> {
    let client: PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      throw storeErrorOf(error);
    }
    let broken: boolean | undefined;
    // What breaks between two statements shows at the next one.
    const onError = (): void => {
      broken = true;
    };
    client.on('error', onError);
    try {
      return await work(queriesOf(client, timeoutMs));
    } catch (error) {
      const failure = storeErrorOf(error);
      broken ??= failure.code === 'Unavailable' || failure.code === 'Timeout';
      throw failure;
    } finally {
      client.off('error', onError);
      client.release(broken ?? false);
    }
  }

  return {
    kind: 'PostgreSQL',
    query: (sql, parameters) => connected(statementTimeoutMs, (queries) => queries.query(sql, parameters)),
    script: (sql) => connected(statementTimeoutMs, (queries) => queries.script(sql)),
    transaction: (work, timeoutMs = statementTimeoutMs) =>
      connected(timeoutMs, async (queries) => {
        await queries.script(`BEGIN; SET LOCAL statement_timeout = ${Math.round(timeoutMs)}`);
        try {
          const result = await work(queries);
          await queries.script('COMMIT');
          return result;
        } catch (error) {
          await queries.script('ROLLBACK').catch(() => undefined);
          throw error;
        }
      }),
    close: () => pool.end(),
  };
}
