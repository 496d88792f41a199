import type { Database, Queries } from './database.ts';
import { isStoreError } from './errors.ts';
import { addPartitions } from './maintenance.ts';
import { keptSince, partitionOf } from './partitions.ts';
import { insertSql, type Table } from './table.ts';
import { type HistoryRow, type Retention, type TableName, tableNames, tables } from './tables.ts';

const timeoutMs = 30_000;

/** What became of a batch. */
export interface Inserted {
  /** Rows that the database has now, whether they are new or not. */
  stored: number;
  /** Rows that are older than what is kept. */
  expired: number;
  /** Rows that the database refuses whenever they are sent. */
  refused: { row: HistoryRow; error: unknown }[];
}

/** Puts batches of clean rows into their tables, and makes partitions where one is missing. */
export interface Inserter {
  /** All or nothing, but for rows that are refused. Told again, it changes nothing. Errors: Unavailable, Timeout, Failed. */
  insert(rows: readonly HistoryRow[], now: number): Promise<Inserted>;
}

export function createInserter(database: Database, retention: Retention): Inserter {
  const partitionsKnown = new Set<string>();

  async function makePartitions(rows: readonly HistoryRow[]): Promise<void> {
    const missing = new Map<string, { table: TableName; at: number }>();
    for (const { table, row } of rows) {
      const at = Date.parse(row.at);
      const { name } = partitionOf(tables[table], at);
      if (!partitionsKnown.has(name)) missing.set(name, { table, at });
    }
    if (missing.size === 0) return;
    await addPartitions(database, [...missing.values()]);
    for (const name of missing.keys()) partitionsKnown.add(name);
  }

  async function insertAll(rows: readonly HistoryRow[]): Promise<void> {
    await makePartitions(rows);
    try {
      await database.transaction((queries) => insertInto(queries, rows), timeoutMs);
    } catch (error) {
      // A partition may have been dropped meanwhile: look again next time.
      partitionsKnown.clear();
      throw error;
    }
  }

  /** Halves a batch until the rows that are refused stand alone. */
  async function insertHalves(rows: readonly HistoryRow[], refused: Inserted['refused']): Promise<void> {
    try {
      await insertAll(rows);
    } catch (error) {
      if (!isStoreError(error, 'BadData')) throw error;
      const [first] = rows;
      if (rows.length === 1 && first !== undefined) {
        refused.push({ row: first, error });
        return;
      }
      const half = Math.ceil(rows.length / 2);
      await insertHalves(rows.slice(0, half), refused);
      await insertHalves(rows.slice(half), refused);
    }
  }

  return {
    async insert(rows, now) {
      const refused: Inserted['refused'] = [];
      const kept = rows.filter((row) => isKept(row, retention, now));
      if (kept.length > 0) await insertHalves(kept, refused);
      return { stored: kept.length - refused.length, expired: rows.length - kept.length, refused };
    },
  };
}

function isKept({ table, row }: HistoryRow, retention: Retention, now: number): boolean {
  const { openUntil }: Table = tables[table];
  const since = keptSince(retention[table], now);
  return openUntil !== undefined || since === undefined || Date.parse(row.at) >= since;
}

async function insertInto(queries: Queries, rows: readonly HistoryRow[]): Promise<void> {
  const byTable = Map.groupBy(rows, ({ table }) => table);
  // Always in the same order, and by time within a table: two servers at once do not wait for each other in a circle.
  for (const name of tableNames) {
    for (const round of roundsOf(byTable.get(name) ?? [])) {
      const sorted = round.map(({ row }) => row).sort((a, b) => (a.at + a.id < b.at + b.id ? -1 : 1));
      await queries.query(insertSql(tables[name]), [JSON.stringify(sorted)]);
    }
  }
}

/** One statement cannot touch a row twice: what is told again goes into the next one. */
function roundsOf(rows: readonly HistoryRow[]): HistoryRow[][] {
  const times = new Map<string, number>();
  const rounds: HistoryRow[][] = [];
  for (const told of rows) {
    const key = `${told.row.at} ${told.row.id}`;
    const round = times.get(key) ?? 0;
    times.set(key, round + 1);
    rounds[round] ??= [];
    rounds[round].push(told);
  }
  return rounds;
}
