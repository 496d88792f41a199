import type { Database, Queries } from './database.ts';
import { locks, takeLock } from './locks.ts';
import {
  createPartitionSql,
  keptSince,
  type Partition,
  partitionNamed,
  partitionOf,
  partitionsAround,
} from './partitions.ts';
import type { Table } from './table.ts';
import { type Retention, type TableName, tableNames, tables } from './tables.ts';

const timeoutMs = 60_000;

/** Makes the parts of all tables that will be needed, and drops those that are past their time. Answers the names of the dropped. */
export async function maintain(
  database: Database,
  { now, retention }: { now: number; retention: Retention },
): Promise<string[]> {
  const dropped: string[] = [];
  for (const name of tableNames) {
    const table: Table = tables[name];
    // A transaction a table: each takes a lock that writers of that table wait for.
    await database.transaction(async (queries) => {
      await takeLock(queries, locks.partitions);
      const present = await partitionsThere(queries, table);
      const there = new Set(present.map((part) => part.name));
      for (const part of partitionsAround(table, now)) {
        if (!there.has(part.name)) await queries.script(createPartitionSql(table, part));
      }
      const since = keptSince(retention[name], now);
      for (const part of present) {
        if (since === undefined || part.to > since || (await hasOpenRows(queries, table, part))) continue;
        await queries.script(`DROP TABLE metalwright.${part.name}`);
        dropped.push(part.name);
      }
    }, timeoutMs);
  }
  return dropped;
}

/** Makes the parts that rows of these moments go to. */
export async function addPartitions(
  database: Database,
  wanted: readonly { table: TableName; at: number }[],
): Promise<void> {
  await database.transaction(async (queries) => {
    await takeLock(queries, locks.partitions);
    for (const { table, at } of wanted) {
      await queries.script(createPartitionSql(tables[table], partitionOf(tables[table], at)));
    }
  }, timeoutMs);
}

/** The parts of a table that are there, oldest first. */
export async function partitionsThere(queries: Queries, table: Table): Promise<Partition[]> {
  const rows = await queries.query(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = to_regclass($1) ORDER BY 1`,
    [`metalwright.${table.name}`],
  );
  return rows.flatMap(({ name }) => partitionNamed(table, String(name)) ?? []);
}

async function hasOpenRows(queries: Queries, table: Table, part: Partition): Promise<boolean> {
  if (table.openUntil === undefined) return false;
  const rows = await queries.query(
    `SELECT 1 AS one FROM metalwright.${part.name} WHERE ${table.openUntil} IS NULL LIMIT 1`,
  );
  return rows.length > 0;
}
