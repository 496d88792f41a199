import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { systemTimers } from '../../../src/kube/timers.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { returnLease, takeLease } from '../../../src/store/lease.ts';
import { migrate, readMigrations } from '../../../src/store/migrate.ts';
import { openHistory } from '../../../src/store/open.ts';
import { createPgDatabase } from '../../../src/store/pg.ts';
import { readTimeline } from '../../../src/store/reads/timeline.ts';
import { defaultRetention, type HistoryRow } from '../../../src/store/tables.ts';
import { anEvent } from '../../../src/store/testing/rows.ts';
import { describeStore } from '../../../src/store/testing/store-suite.ts';
import { describeWebhookStore } from '../../../src/store/testing/webhook-suite.ts';
import { type Cluster, startCluster } from './cluster.ts';

const patient = { timeout: 60_000 };
let shared: Cluster | undefined;
const cluster = (): Cluster => {
  shared ??= startCluster();
  return shared;
};

afterAll(() => shared?.remove());

describeStore('PostgreSQL', async () =>
  createPgDatabase({ url: cluster().url('postgres'), statementTimeoutMs: 60_000 }),
);

describeWebhookStore('PostgreSQL', async () => {
  cluster().run('createdb', ['webhooks']);
  return createPgDatabase({ url: cluster().url('webhooks'), statementTimeoutMs: 60_000 });
});

/** The documented way: docs/guides/history.md. */
describe('history in a PostgreSQL', () => {
  const directories: string[] = [];
  /** Fixed: a row that is recorded once more is the same row. */
  const anHourAgo = Date.now() - 3_600_000;
  afterAll(() => {
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  });

  async function aStore(database: string) {
    const directory = mkdtempSync(join(tmpdir(), 'metalwright-history-'));
    directories.push(directory);
    const store = await openHistory({
      directory,
      databaseUrl: cluster().url(database),
      retention: defaultRetention,
      spoolBytes: 64_000_000,
      log: silentLogger,
      clock: systemClock,
      later: systemTimers,
    });
    store.start();
    return store;
  }

  const rowsOf = (from: number, count: number): HistoryRow[] =>
    Array.from({ length: count }, (_, n) => {
      const at = new Date(anHourAgo + (from + n) * 1000).toISOString();
      return anEvent({ machine: 'kept', reason: `R${from + n}`, at });
    });
  const reasons = async (store: Awaited<ReturnType<typeof aStore>>): Promise<string[]> =>
    (
      await store
        .read((database) => readTimeline(database, { machine: 'kept', limit: 500 }))
        .catch(() => ({ items: [] }))
    ).items.map(({ reason }) => reason);
  const wanted = (count: number): string[] => Array.from({ length: count }, (_, n) => `R${count - 1 - n}`);

  it('arrives in order after PostgreSQL was away, and is whole after a backup is restored', async () => {
    cluster().run('createdb', ['first']);
    const store = await aStore('first');
    store.record(rowsOf(0, 50));
    await store.stored();
    cluster().kill();
    store.record(rowsOf(50, 50));
    await store.onDisk();
    await expect.poll(() => store.figures().trouble, patient).toBeDefined();
    await expect(store.read((database) => database.query('SELECT 1'))).rejects.toMatchObject({
      code: 'Unavailable',
    });
    cluster().start();
    await store.stored();
    await expect.poll(() => reasons(store), patient).toEqual(wanted(100));

    const dump = join(directories[0] ?? '', 'history.dump');
    cluster().run('pg_dump', ['--format=custom', '--schema=metalwright', `--file=${dump}`, 'first']);
    await store.stop();
    cluster().run('createdb', ['second']);
    cluster().run('pg_restore', ['--dbname=second', '--no-owner', dump]);
    const restored = await aStore('second');
    restored.record(rowsOf(90, 20));
    await restored.stored();
    await expect.poll(() => reasons(restored), patient).toEqual(wanted(110));
    await restored.stop();
  });

  it('is whole after the directory of PGlite is copied, as the guide has it', async () => {
    const one = mkdtempSync(join(tmpdir(), 'metalwright-history-'));
    directories.push(one);
    const open = (directory: string) =>
      openHistory({
        ...{ directory, retention: defaultRetention, spoolBytes: 64_000_000 },
        ...{ log: silentLogger, clock: systemClock, later: systemTimers },
      });
    const store = await open(one);
    store.start();
    store.record(rowsOf(0, 5));
    await store.stored();
    await expect(open(one)).rejects.toMatchObject({ code: 'InUse' });
    await store.stop();
    const copy = `${one}-copy`;
    directories.push(copy);
    cpSync(one, copy, { recursive: true });
    const restored = await open(copy);
    restored.start();
    await expect.poll(() => reasons(restored), patient).toEqual(wanted(5));
    await restored.stop();
  });

  it('has one holder of a lease at a time, and the next one when it is given back or runs out', async () => {
    const database = createPgDatabase({ url: cluster().url('postgres'), statementTimeoutMs: 60_000 });
    await migrate(database, await readMigrations());
    const take = (holder: string, seconds = 600) => takeLease(database, { name: 'test', holder, seconds });
    expect(await take('a')).toEqual({ kind: 'Ours', before: undefined });
    expect(await take('b')).toEqual({ kind: 'Others', holder: 'a' });
    expect(await take('a')).toMatchObject({ kind: 'Ours', before: expect.any(String) });
    await returnLease(database, { name: 'test', holder: 'b' });
    expect(await take('b')).toMatchObject({ kind: 'Others' });
    await returnLease(database, { name: 'test', holder: 'a' });
    expect(await take('b', 0)).toMatchObject({ kind: 'Ours' });
    await expect.poll(async () => (await take('c')).kind, patient).toBe('Ours');
    await database.close();
  });
});
