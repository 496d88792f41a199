import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePorts } from '../../../lab/net/free-ports.ts';
import { poll } from '../../../lab/process/poll.ts';
import type { Database } from '../../../src/store/database.ts';
import { migrate, readMigrations } from '../../../src/store/migrate.ts';
import { createPgDatabase } from '../../../src/store/pg.ts';
import { requireTools } from '../netns/namespaces.ts';
import { makeScratch } from '../shared/scratch.ts';
import { filesOf, fromBase64, name, named, plain, rendered } from './postgresql-objects.ts';
import { type Files, makePodPlace, type Pod, untilReady } from './postgresql-pod.ts';

const patient = { timeout: 180_000 };

describe('the pod of the chart’s PostgreSQL', () => {
  const directory = makeScratch('metalwright-chart-postgresql-');
  let place: ReturnType<typeof makePodPlace>;
  let port = 0;
  let serverUrl = '';
  let authority = '';
  let renewed: Files = {};
  let password = '';
  let pod: Pod | undefined;

  beforeAll(async () => {
    requireTools();
    const objects = await rendered('a PostgreSQL of its own');
    [port = 0] = await freePorts(1);
    const certificate = filesOf(named(objects, 'Secret', `${name}-tls`), fromBase64);
    authority = certificate['ca.crt'] ?? '';
    renewed = filesOf(named(await rendered('a PostgreSQL of its own'), 'Secret', `${name}-tls`), fromBase64);
    // A quote, a backslash and a percent sign would break SQL, or a URL.
    password = `${filesOf(named(objects, 'Secret', name), fromBase64).password}'\\%41"`;
    place = makePodPlace({
      ...{ directory, certificate, port },
      settings: filesOf(named(objects, 'ConfigMap', name), plain),
    });
    const url = /"(postgres:[^"]+)"/.exec(
      JSON.stringify(named(objects, 'Deployment', 'mw-metalwright-server')),
    );
    serverUrl = url?.[1] ?? '';
  }, 120_000);
  afterEach(() => vi.unstubAllEnvs());
  afterAll(async () => {
    await pod?.kill();
  });

  async function start(variables: Readonly<Record<string, string>> = {}): Promise<Pod> {
    const started = place.start({ POSTGRESQL_PASSWORD: password, CERTIFICATE_SECONDS: '1', ...variables });
    pod = started;
    await untilReady(started);
    return started;
  }

  /** The server's own way in, but for the name and the path, which are the cluster's. */
  async function withDatabase<R>(work: (database: Database) => Promise<R>): Promise<R> {
    vi.stubEnv('PGPASSWORD', password);
    const url = new URL(serverUrl);
    expect(url.hostname).toBe(`${name}.metalwright-system.svc`);
    url.host = `localhost:${port}`;
    url.searchParams.set('sslrootcert', join(directory, 'root/etc/metalwright/tls/ca.crt'));
    const database = createPgDatabase({ url: url.href });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  }
  const asServer = (sql: string): Promise<unknown> => withDatabase((database) => database.query(sql));

  /** Connects with anything, and says how that ended. */
  async function tryWith(options: { user?: string; password?: string; ssl?: boolean; database?: string }) {
    const { ssl = true, ...more } = options;
    const client = new Client({
      ...{ host: 'localhost', port, user: 'metalwright', database: 'metalwright', password, ...more },
      ssl: ssl ? { ca: authority } : false,
    });
    try {
      await client.connect();
      await client.end();
      return 'connected';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  it('makes a database in an empty volume, which the server gets into', patient, async () => {
    place.makeFolder('lost+found');
    const started = await start();
    expect(place.files()).toEqual(['data', 'lost+found']);
    expect(await asServer('SELECT current_user AS who')).toEqual([{ who: 'metalwright' }]);
    expect(await asServer('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).toEqual([
      { ssl: true },
    ]);
    await asServer('CREATE SCHEMA metalwright');
    await asServer('CREATE TABLE metalwright.kept (id integer)');
    await asServer('INSERT INTO metalwright.kept VALUES (7)');
    expect(started.output()).not.toContain(password.slice(0, 40));
  });

  it.each([
    ['a wrong password', { password: 'wrong' }, /password authentication failed/],
    ['no TLS', { ssl: false }, /no pg_hba.conf entry/],
    ['the administrator from the network', { user: 'postgres' }, /no pg_hba.conf entry/],
    ['another database', { database: 'postgres' }, /no pg_hba.conf entry/],
  ])('refuses %s', patient, async (_sentence, options, words) => {
    expect(await tryWith({})).toBe('connected');
    expect(await tryWith(options)).toMatch(words);
  });

  it('gives its user no power over others', async () => {
    const rows = await asServer(
      `SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'metalwright'`,
    );
    expect(rows).toEqual([{ rolsuper: false, rolcreaterole: false, rolcreatedb: false }]);
  });

  it('ends when it is asked to, and has its data when it is back', patient, async () => {
    expect(await pod?.stop()).toBe(0);
    await start();
    expect(await asServer('SELECT id FROM metalwright.kept')).toEqual([{ id: 7 }]);
  });

  it('has them after a crash too, and takes a new password from the Secret', patient, async () => {
    await pod?.kill();
    const before = password;
    password = 'a password of a person';
    await start();
    expect(await asServer('SELECT id FROM metalwright.kept')).toEqual([{ id: 7 }]);
    expect(await tryWith({ password: before })).toMatch(/password authentication failed/);
  });

  it('takes a renewed certificate without a restart', patient, async () => {
    authority = renewed['ca.crt'] ?? '';
    expect(await tryWith({})).toMatch(/certificate/);
    place.writeCertificate(renewed);
    await poll(async () => ((await tryWith({})) === 'connected' ? true : undefined), {
      what: 'the renewed certificate',
      timeoutMs: 60_000,
    });
  });

  it('gives its history away and takes it back', patient, async () => {
    const running = pod ?? (await start());
    const dump = running.exec('dump');
    await asServer('DELETE FROM metalwright.kept');
    running.exec('restore', dump);
    expect(await asServer('SELECT id FROM metalwright.kept')).toEqual([{ id: 7 }]);
    await asServer('DROP SCHEMA metalwright CASCADE');
    running.exec('restore', dump);
    await asServer('INSERT INTO metalwright.kept VALUES (8)');
  });

  it('makes the server’s tables', patient, async () => {
    await asServer('DROP SCHEMA metalwright CASCADE');
    const migrations = await readMigrations();
    expect(await withDatabase((database) => migrate(database, migrations))).toBe(migrations.length);
  });

  it.each([
    ['an empty password', { POSTGRESQL_PASSWORD: '' }, /empty password/],
    ['a password with an end of line', { POSTGRESQL_PASSWORD: 'a\n' }, /end of line/],
  ])('ends with %s, and says so', patient, async (_sentence, variables, words) => {
    await pod?.stop();
    pod = place.start(variables);
    expect(await pod.ended).toBe(1);
    expect(pod.output()).toMatch(words);
  });

  it('ends on data of a version that the image does not have, and says what to do', patient, async () => {
    place.write('data/PG_VERSION', '11\n');
    pod = place.start({ POSTGRESQL_PASSWORD: password });
    expect(await pod.ended).toBe(1);
    expect(pod.output()).toMatch(/data of PostgreSQL 11.*docs\/guides\/history\.md/);
  });
});
