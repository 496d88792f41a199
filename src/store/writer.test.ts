import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../domain/clock.ts';
import { systemTimers } from '../kube/timers.ts';
import { silentLogger } from '../log/logger.ts';
import { storeError } from './errors.ts';
import { openSpool, type Spool } from './spool/spool.ts';
import type { HistoryRow } from './tables.ts';
import { anEvent } from './testing/rows.ts';
import { createWriter, type Writer, type WriterLimits } from './writer.ts';

const directories: string[] = [];
const writers: Writer[] = [];
afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.stop();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A database that keeps what it is told, as ours do: a row once. */
function aDatabase() {
  const rows = new Map<string, HistoryRow>();
  const order: string[] = [];
  const database = {
    away: false,
    /** It stores the rows, and its answer is lost. */
    losesAnswers: 0,
    calls: 0,
    order,
    rows,
    async insert(told: readonly HistoryRow[]) {
      database.calls += 1;
      if (database.away) throw storeError('Unavailable', 'the test');
      for (const row of told) {
        if (!rows.has(row.row.id)) order.push(row.row.id);
        rows.set(row.row.id, row);
      }
      if (database.losesAnswers > 0) {
        database.losesAnswers -= 1;
        throw storeError('Unavailable', 'the test');
      }
      return { stored: told.length, expired: 0, refused: [] };
    },
  };
  return database;
}

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-writer-'));
  directories.push(directory);
  return directory;
}

function aWriter(
  spool: Spool,
  insert: ReturnType<typeof aDatabase>['insert'],
  limits?: Partial<WriterLimits>,
) {
  const writer = createWriter({
    spool,
    insert,
    log: silentLogger,
    clock: systemClock,
    later: systemTimers,
    limits: { backoffMs: 1, maxBackoffMs: 5, ...limits },
  });
  writers.push(writer);
  return writer;
}

const spoolOf = (directory: string, maxBytes = 10_000_000) =>
  openSpool({ directory, maxBytes, log: silentLogger });
const events = (from: number, count: number): HistoryRow[] =>
  Array.from({ length: count }, (_, n) => anEvent({ reason: `R${from + n}` }));
const ids = (rows: readonly HistoryRow[]): string[] => rows.map(({ row }) => row.id);

describe('the writer of history', () => {
  it('brings rows into the database in their order, once each', async () => {
    const database = aDatabase();
    const writer = aWriter(await spoolOf(aDirectory()), database.insert, { frameRows: 7, batchBytes: 500 });
    writer.start();
    const rows = events(0, 100);
    writer.record(rows.slice(0, 30));
    writer.record(rows.slice(30));
    await writer.stored();
    expect(database.order).toEqual(ids(rows));
    expect(writer.figures()).toMatchObject({ pending: 0, spooledBytes: 0, stored: 100, lost: 0, refused: 0 });
  });

  it('keeps rows on disk while the database is away, over a restart too, and brings them in order', async () => {
    const directory = aDirectory();
    const database = aDatabase();
    database.away = true;
    const first = aWriter(await spoolOf(directory), database.insert);
    first.start();
    const rows = events(0, 60);
    first.record(rows.slice(0, 40));
    await first.onDisk();
    await expect.poll(() => first.figures().trouble, { timeout: 15_000 }).toContain('away');
    expect(first.figures().spooledBytes).toBeGreaterThan(0);
    await first.stop();
    const second = aWriter(await spoolOf(directory), database.insert);
    second.start();
    second.record(rows.slice(40));
    await second.onDisk();
    expect(database.rows.size).toBe(0);
    database.away = false;
    await second.stored();
    expect(database.order).toEqual(ids(rows));
    await expect.poll(() => second.figures().trouble, { timeout: 15_000 }).toBeUndefined();
  });

  it('sends again what the database stored without saying so: nothing is lost or doubled', async () => {
    const directory = aDirectory();
    const database = aDatabase();
    database.losesAnswers = 3;
    const writer = aWriter(await spoolOf(directory), database.insert, { frameRows: 5, batchBytes: 200 });
    writer.start();
    const rows = events(0, 30);
    writer.record(rows);
    await writer.stored();
    expect(database.order).toEqual(ids(rows));
    expect(database.calls).toBeGreaterThan(3);
  });

  it('brings rows after a kill between disk and database', async () => {
    const directory = aDirectory();
    const spool = await spoolOf(directory);
    const killed = aWriter(spool, async () => new Promise<never>(() => undefined));
    const rows = events(0, 20);
    killed.record(rows);
    await killed.onDisk();
    // Nobody says goodbye: another process opens the files as they are.
    const database = aDatabase();
    const writer = aWriter(await spoolOf(directory), database.insert);
    writer.start();
    await writer.stored();
    expect(database.order).toEqual(ids(rows));
  });

  it('holds rows in memory while the disk is full, and counts those that have no place there either', async () => {
    const database = aDatabase();
    database.away = true;
    const writer = aWriter(await spoolOf(aDirectory(), 8_000), database.insert, {
      frameRows: 2,
      pendingRows: 10,
    });
    writer.start();
    const told: HistoryRow[] = [];
    const tell = (): number => {
      const more = events(told.length, 2);
      told.push(...more);
      writer.record(more);
      return writer.figures().lost;
    };
    await expect.poll(tell, { interval: 5, timeout: 15_000 }).toBeGreaterThan(0);
    const { lost } = writer.figures();
    database.away = false;
    await writer.stored();
    expect(database.order).toEqual(ids(told.slice(0, told.length - lost)));
    const later = events(10_000, 1);
    writer.record(later);
    await writer.stored();
    expect(database.order.at(-1)).toBe(ids(later)[0]);
  });

  it('keeps what was told at its end, when the database does not answer', async () => {
    const directory = aDirectory();
    const database = aDatabase();
    database.away = true;
    const writer = aWriter(await spoolOf(directory), database.insert);
    writer.start();
    const rows = events(0, 700);
    writer.record(rows);
    await writer.stop();
    writer.record(events(9_000, 1));
    expect(writer.figures().lost).toBe(1);
    database.away = false;
    const next = aWriter(await spoolOf(directory), database.insert);
    next.start();
    await next.stored();
    expect(database.order).toEqual(ids(rows));
  });

  it('leaves out a frame of the spool that makes no sense, and says so', async () => {
    const directory = aDirectory();
    const spool = await spoolOf(directory);
    await spool.append(Buffer.from('[{"table":"unknown"}]'));
    await spool.append(Buffer.from('not JSON'));
    const database = aDatabase();
    const writer = aWriter(spool, database.insert);
    writer.start();
    const rows = events(0, 3);
    writer.record(rows);
    await writer.stored();
    expect(database.order).toEqual(ids(rows));
    expect(writer.figures().refused).toBe(2);
  });
});
