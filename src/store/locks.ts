import type { Queries } from './database.ts';

/** Advisory locks of PostgreSQL: the second number of a pair, whose first is the same for all of ours. */
export const locks = { migrations: 1, partitions: 2 } as const;

const ours = 0x6d657461;

/** Waits for a lock and holds it to the end of the transaction. */
export async function takeLock(queries: Queries, lock: number): Promise<void> {
  await queries.query('SELECT pg_advisory_xact_lock($1::int, $2::int)', [ours, lock]);
}
