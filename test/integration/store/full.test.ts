import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { systemTimers } from '../../../src/kube/timers.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { openHistory } from '../../../src/store/open.ts';
import { readTimeline } from '../../../src/store/reads/timeline.ts';
import { defaultRetention, type HistoryRow } from '../../../src/store/tables.ts';
import { anEvent } from '../../../src/store/testing/rows.ts';
import { type Cluster, startCluster } from './cluster.ts';

/** A file system for the tables of one database that is soon full: PostgreSQL itself, and its log, are elsewhere. */
const directory = mkdtempSync(join(tmpdir(), 'metalwright-full-'));
const small = join(directory, 'small');
let cluster: Cluster;

beforeAll(() => {
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=0777', 'tmpfs', small]);
  const place = join(small, 'tables');
  // The one that PostgreSQL runs as: see cluster.ts.
  execFileSync('install', ['-d', '-o', '65534', '-g', '65534', '-m', '0700', place]);
  execFileSync('chmod', ['0755', directory]);
  cluster = startCluster();
  cluster.run('psql', ['postgres', '-c', `CREATE TABLESPACE small LOCATION '${place}'`]);
  cluster.run('createdb', ['--tablespace=small', 'full']);
});
afterAll(() => {
  cluster?.remove();
  execFileSync('umount', [small]);
  rmSync(directory, { recursive: true, force: true });
});

const begin = Date.now() - 3_600_000;
const count = 4_000;
/** Some 2 KB each, of which nothing repeats. */
const row = (number: number): HistoryRow => {
  const message = Array.from({ length: 60 }, (_, at) => ((number + 1) * (at + 7919)).toString(36)).join(' ');
  const at = new Date(begin + number * 10).toISOString();
  return anEvent({ machine: 'kept', reason: `R${number}`, message: `${message} ${message}`, at });
};

it('a PostgreSQL whose disk is full gets its history when there is room again: all of it, in order', async () => {
  const store = await openHistory({
    directory: join(directory, 'history'),
    databaseUrl: cluster.url('full'),
    retention: defaultRetention,
    spoolBytes: 64_000_000,
    log: silentLogger,
    clock: systemClock,
    later: systemTimers,
  });
  const last = () =>
    store
      .read((database) => readTimeline(database, { machine: 'kept', limit: 1 }))
      .then(({ items }) => items[0]);
  try {
    store.start();
    store.record([row(0)]);
    await store.stored();
    for (let from = 1; from < count; from += 500) {
      store.record(Array.from({ length: Math.min(500, count - from) }, (_, at) => row(from + at)));
    }
    await store.onDisk();
    await expect.poll(() => store.figures().trouble, { timeout: 60_000 }).toMatch(/No space left on device/);
    // What is there can be read, and is not the end.
    expect((await last())?.reason).not.toBe(`R${count - 1}`);

    execFileSync('mount', ['-o', 'remount,size=256m', small]);
    await store.stored();
    await expect.poll(() => store.figures().trouble, { timeout: 60_000 }).toBeUndefined();
    expect((await last())?.reason).toBe(`R${count - 1}`);
    const counted = await store.read((database) =>
      database.query(
        'SELECT count(*)::int AS n, count(DISTINCT reason)::int AS reasons FROM metalwright.events',
      ),
    );
    expect(counted).toEqual([{ n: count, reasons: count }]);
  } finally {
    await store.stop();
  }
});
