import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from './database.ts';
import { storeError } from './errors.ts';
import { locks, takeLock } from './locks.ts';

/** One step of the schema, applied once and never changed afterwards. */
export interface Migration {
  number: number;
  name: string;
  sql: string;
}

const directory = join(import.meta.dirname, 'migrations');
/** Indexes of a big table take their time. */
const timeoutMs = 600_000;

/** All of them, in order: `NNNN-name.sql`. */
export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => ({
      number: Number(name.slice(0, 4)),
      name: name.slice(5, -4),
      sql: await readFile(join(directory, name), 'utf8'),
    })),
  );
}

/**
 * Brings the schema up to date; any number of servers may try at once. Answers how many were applied.
 * Errors: MigrationChanged, NewerSchema, and those of the database.
 */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<number> {
  return database.transaction(async (queries) => {
    await takeLock(queries, locks.migrations);
    await queries.script(
      `CREATE SCHEMA IF NOT EXISTS metalwright;
       CREATE TABLE IF NOT EXISTS metalwright.migrations (
         number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const applied = await queries.query(
      'SELECT number, checksum FROM metalwright.migrations ORDER BY number',
    );
    const checksums = new Map(applied.map(({ number, checksum }) => [Number(number), String(checksum)]));
    const newest = Math.max(0, ...migrations.map(({ number }) => number));
    const unknown = [...checksums.keys()].find((number) => number > newest);
    if (unknown !== undefined) throw storeError('NewerSchema', `migration ${unknown}`);
    let count = 0;
    for (const { number, name, sql } of migrations) {
      const checksum = createHash('sha256').update(sql).digest('hex');
      const known = checksums.get(number);
      if (known === checksum) continue;
      if (known !== undefined) throw storeError('MigrationChanged', `migration ${number}`);
      await queries.script(sql);
      await queries.query('INSERT INTO metalwright.migrations (number, name, checksum) VALUES ($1, $2, $3)', [
        number,
        name,
        checksum,
      ]);
      count += 1;
    }
    return count;
  }, timeoutMs);
}
