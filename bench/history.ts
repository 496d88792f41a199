import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/domain/clock.ts';
import { systemTimers } from '../src/kube/timers.ts';
import { createLogger } from '../src/log/logger.ts';
import type { Database } from '../src/store/database.ts';
import { migrate, readMigrations } from '../src/store/migrate.ts';
import { openHistory } from '../src/store/open.ts';
import { createPgDatabase } from '../src/store/pg.ts';
import { openPglite } from '../src/store/pglite/pglite.ts';
import { readTimeline, type TimelineQuery } from '../src/store/reads/timeline.ts';
import type { HistoryStore } from '../src/store/store.ts';
import { defaultRetention } from '../src/store/tables.ts';
import { startCluster } from '../test/integration/store/cluster.ts';
import { fillHistory } from './history/fill.ts';
import { liveRows, machineCount, machineName } from './history/rows.ts';
import { percentile } from './lib/figures.ts';
import { createReport } from './lib/record.ts';

/*
 * History as the server keeps it, on a PostgreSQL that syncs what it commits, and on PGlite: rows of eighty days are there, then
 * new ones go the real way, by spool and writer, and timelines are read. `./dev bench history 100000` tries it with fewer rows.
 */

const size = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 5_000_000);
const directory = mkdtempSync(join(tmpdir(), 'mw-bench-history-'));
const report = createReport('history');
const log = createLogger('bench', 'warn');
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Subject {
  name: 'postgresql' | 'pglite';
  title: string;
  /** Rows that are there, and rows that come. */
  rows: number;
  coming: number;
  databaseUrl?: string;
  fillers(): Promise<Database[]>;
}

/** Rows go in as fast as they are taken; none may be lost. Answers how many a second. */
async function ingest(store: HistoryStore, from: number, count: number): Promise<number> {
  const start = Date.now() - 3_600_000;
  const began = performance.now();
  for (let number = 0; number < count; number += 500) {
    while (store.figures().pending > 20_000) await pause(5);
    store.record(liveRows(from + number, Math.min(500, count - number), start));
    // What records shares its thread with the writer.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await store.stored();
  const seconds = (performance.now() - began) / 1000;
  const { lost, refused } = store.figures();
  if (lost + refused > 0) throw new Error(`${lost} rows were lost, ${refused} refused`);
  return count / seconds;
}

/** Timelines of machines here and there, of several kinds and pages, one after the other; milliseconds of each. */
async function readTimelines(store: HistoryStore, count: number): Promise<number[]> {
  const times: number[] = [];
  let found = 0;
  for (let number = 0; number < count; number += 1) {
    const machine = machineName((number * 4441) % machineCount);
    const ask = async (query: Omit<TimelineQuery, 'limit'>) => {
      const began = performance.now();
      const page = await store.read((database) => readTimeline(database, { machine, limit: 50, ...query }));
      times.push(performance.now() - began);
      return page;
    };
    const page = await ask({});
    found += page.items.length;
    await ask({ after: page.end });
    await ask({ kinds: ['Power', 'Result'] });
    await ask({ severity: 'Warning' });
  }
  if (found === 0) throw new Error('there are no timelines');
  return times;
}

async function measure(subject: Subject): Promise<void> {
  const { name, title, rows, coming } = subject;
  const databases = await subject.fillers();
  const began = performance.now();
  const [first] = databases;
  if (first !== undefined) await migrate(first, await readMigrations());
  await fillHistory(databases, rows, report.note);
  for (const database of databases) await database.close();
  report.note(`${title}: filled in ${((performance.now() - began) / 1000).toFixed(0)} s`);

  const store = await openHistory({
    directory: join(directory, name),
    databaseUrl: subject.databaseUrl,
    retention: defaultRetention,
    spoolBytes: 1024 * 1024 * 1024,
    ...{ log, clock: systemClock, later: systemTimers },
  });
  store.start();
  while (!store.isReady()) await pause(50);
  try {
    const there = rows.toLocaleString('en');
    await ingest(store, 0, 5_000);
    const cpu = process.cpuUsage();
    report.add({
      name: `history-ingest-${name}`,
      what: `${title}, ${there} rows there: rows a second from being told to being in the database, by the spool`,
      ours: await ingest(store, 5_000, coming),
      peers: [{ name: 'goal', value: 5_000 }],
      unit: 'rows/s',
    });
    const { user, system } = process.cpuUsage(cpu);
    report.note(`${((user + system) / coming).toFixed(0)} µs of this process for a row`);
    await readTimelines(store, 20);
    const times = await readTimelines(store, 250);
    report.note(`median ${percentile(times, 0.5).toFixed(1)} ms`);
    report.add({
      name: `history-timeline-${name}`,
      what: `${title}, ${there} rows there: timeline of one of ${machineCount.toLocaleString('en')} machines, pages of 50 and filters: p99`,
      ours: percentile(times, 0.99),
      peers: [{ name: 'goal', value: 50 }],
      unit: 'ms',
    });
    let isOver = false;
    const busy = (async () => {
      for (let from = 5_000 + coming; !isOver; from += 500) {
        store.record(liveRows(from, 500, Date.now() - 3_600_000));
        await pause(500);
      }
    })();
    const meanwhile = await readTimelines(store, 100);
    isOver = true;
    await busy;
    report.add({
      name: `history-timeline-busy-${name}`,
      what: 'the same while 1,000 rows a second come in: p99',
      ours: percentile(meanwhile, 0.99),
      peers: [{ name: 'goal', value: 50 }],
      unit: 'ms',
    });
  } finally {
    await store.stop();
  }
}

const cluster = startCluster({ durable: true });
try {
  const databaseUrl = cluster.url('postgres');
  const patient = { url: databaseUrl, statementTimeoutMs: 600_000 };
  await measure({
    name: 'postgresql',
    title: 'PostgreSQL',
    rows: size,
    coming: Math.min(size, 300_000),
    databaseUrl,
    fillers: async () => [createPgDatabase(patient), createPgDatabase(patient)],
  });
  const pglite = { directory: join(directory, 'pglite', 'pglite'), statementTimeoutMs: 600_000 };
  await measure({
    name: 'pglite',
    title: 'PGlite',
    rows: size / 10,
    coming: Math.min(size / 10, 100_000),
    fillers: async () => [await openPglite(pglite)],
  });
  report.close();
} finally {
  cluster.remove();
  rmSync(directory, { recursive: true, force: true });
}
