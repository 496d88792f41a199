import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aMachine, aRack } from '../../../test/fixtures/objects.ts';
import { allocationKind } from '../../api/allocation/schema.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { rackKind } from '../../api/rack/schema.ts';
import { systemClock } from '../../domain/clock.ts';
import { systemTimers } from '../../kube/timers.ts';
import { silentLogger } from '../../log/logger.ts';
import { pageOfLines, parseLineQuery } from '../../rack/admin/line-pages.ts';
import { createRecordedLines } from '../../rack/console/record/recorded-lines.ts';
import { openPglite } from '../../store/pglite/pglite.ts';
import { openSpool } from '../../store/spool/spool.ts';
import { createHistoryStore } from '../../store/store.ts';
import { defaultRetention, type HistoryRow } from '../../store/tables.ts';
import { createRackClient, type RackClient } from '../racks/rack-client.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { createLineCollector } from './collector.ts';
import { LinePage } from './rack-lines.ts';

/** The admin endpoint of a rack, with lines of its own; it can be started anew. */
async function startRack() {
  const begin = (instance: string, mostBytes = 50_000_000) =>
    createRecordedLines({ instance, clock: systemClock, mostBytes });
  const rack = {
    lines: begin('first'),
    asked: [] as string[],
    refuses: false,
    url: '',
    restart(instance: string, mostBytes?: number) {
      rack.lines = begin(instance, mostBytes);
    },
    stop: () => server.close(),
  };
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    if (pathname !== '/console-log') return void response.end('{"items":[]}');
    rack.asked.push(String(searchParams));
    const query = parseLineQuery(searchParams);
    if (rack.refuses || typeof query === 'string' || request.headers.authorization !== 'Bearer own')
      response.writeHead(403).end('no');
    else response.end(JSON.stringify(pageOfLines(rack.lines, query)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  rack.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return rack;
}

type TestRack = Awaited<ReturnType<typeof startRack>>;

describe('the collector of what machines said', () => {
  let rack: TestRack;
  let client: RackClient;
  let rows: HistoryRow[];
  let isOurs: boolean;
  let onDisk: Promise<void>;

  beforeEach(async () => {
    rack = await startRack();
    client = createRackClient();
    [rows, isOurs, onDisk] = [[], true, Promise.resolve()];
  });
  afterEach(async () => {
    await client.close();
    rack.stop();
  });

  function collector() {
    const told = aRack({ metadata: { name: 'rack-1' }, status: { adminUrl: rack.url } });
    const caches = { of: () => ({ list: () => [told] }), synced: async () => undefined };
    return createLineCollector({
      ...{ client, token: async () => 'own', isOurs: () => isOurs, log: silentLogger, timers: systemTimers },
      caches: caches as unknown as Parameters<typeof createLineCollector>[0]['caches'],
      store: { record: (more) => void rows.push(...more), onDisk: () => onDisk },
    });
  }
  const texts = (): unknown[] => rows.map(({ row }) => ('text' in row ? row.text : undefined));

  it('takes all pages of a rack, and next time what is new', async () => {
    for (let number = 0; number < 2_500; number += 1) rack.lines.append('m1', `l${number}`);
    const collect = collector();
    await collect.collect();
    expect([rows.length, rack.asked.length]).toEqual([2_500, 3]);
    rows = [];
    rack.lines.append('m2', 'new');
    await collect.collect();
    expect(rack.asked.at(-1)).toBe('after=2500&limit=1000&instance=first');
    expect(rows).toMatchObject([
      { table: 'console_logs', row: { machine: 'm2', source: 'Serial', text: 'new' } },
    ]);
  });

  it('begins anew with a rack that was started anew', async () => {
    const collect = collector();
    for (const text of ['a', 'b', 'c']) rack.lines.append('m1', text);
    await collect.collect();
    rack.restart('second');
    rack.lines.append('m1', 'd');
    await collect.collect();
    rack.lines.append('m1', 'e');
    await collect.collect();
    expect(texts()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(new Set(rows.map(({ row }) => row.id)).size).toBe(5);
  });

  it('makes the same rows as another server that was told the same', async () => {
    rack.lines.append('m1', 'a');
    await collector().collect();
    await collector().collect();
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual(rows[1]);
  });

  it('goes on where the rack gave lines up', async () => {
    rack.restart('small', 400);
    const collect = collector();
    rack.lines.append('m1', 'a');
    await collect.collect();
    for (const text of ['b', 'c', 'd']) rack.lines.append('m1', text);
    await collect.collect();
    await collect.collect();
    expect(texts()).toEqual(['a', 'c', 'd']);
  });

  it('asks for no more while no disk takes what it has, and ends all the same', async () => {
    for (let number = 0; number < 1_500; number += 1) rack.lines.append('m1', 'x');
    onDisk = new Promise(() => undefined);
    const collect = collector();
    const round = collect.collect();
    await expect.poll(() => rows.length).toBe(1_000);
    await collect.stop();
    await round;
    expect(rack.asked).toHaveLength(1);
  });

  it('asks nobody while another server tells history', async () => {
    isOurs = false;
    await collector().collect();
    expect(rack.asked).toEqual([]);
  });

  it('goes on after a rack that refuses', async () => {
    const collect = collector();
    rack.lines.append('m1', 'a');
    rack.refuses = true;
    await collect.collect();
    rack.refuses = false;
    await collect.collect();
    expect(texts()).toEqual(['a']);
  });

  it.each([
    ['a text without end', { text: 'x'.repeat(8_193) }],
    ['a sequence that is none', { sequence: 0 }],
    ['a moment that is none', { at: 'now' }],
  ])('takes no page with %s', (_what, wrong) => {
    const item = { sequence: 1, machine: 'm1', at: '2026-01-01T00:00:00.000001Z', text: 'a' };
    const page = (line: object) => ({ instance: 'i', last: 1, items: [line] });
    expect(LinePage.safeParse(page(item)).success).toBe(true);
    expect(LinePage.safeParse(page({ ...item, ...wrong })).success).toBe(false);
  });
});

describe('what machines said, by the REST API', { timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-console-log-'));
  let rack: TestRack;
  let server: TestServer;

  beforeAll(async () => {
    rack = await startRack();
    const store = createHistoryStore({
      open: () => openPglite({ statementTimeoutMs: 60_000 }),
      spool: await openSpool({ directory, maxBytes: 64_000_000, log: silentLogger }),
      ...{ retention: defaultRetention, log: silentLogger, clock: systemClock, later: systemTimers },
    });
    server = await startTestServer({ history: store, racks: { token: async () => 'own' } });
    await server.memory.create(rackKind, aRack({ metadata: { name: 'rack-1' } }));
    await server.memory.applyStatus(
      rackKind,
      { metadata: { name: 'rack-1' }, status: { adminUrl: rack.url } },
      { fieldManager: 'test' },
    );
    await server.memory.create(machineKind, aMachine({ metadata: { name: 'm1' } }));
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    rack?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const get = async (query = '', token = 'admin', name = 'm1') => {
    const url = `/api/v1/machines/${name}/console-log${query}`;
    const answer = await server.app.inject({ url, headers: { authorization: `Bearer ${token}` } });
    return { status: answer.statusCode, body: answer.json() };
  };
  const texts = async (query?: string, token?: string): Promise<string[]> =>
    ((await get(query, token)).body.items ?? []).map(({ text }: { text: string }) => text);

  it('comes from the racks into history, and out of it in pages', async () => {
    for (const text of ['Linux 6.12', 'Kernel panic', 'Rebooting']) rack.lines.append('m1', text);
    rack.lines.append('m2', 'of another');
    await expect
      .poll(() => texts(), { timeout: 60_000, interval: 300 })
      .toEqual(['Rebooting', 'Kernel panic', 'Linux 6.12']);
    expect(await texts('?q=PANIC')).toEqual(['Kernel panic']);
    const { body } = await get('?limit=2');
    expect(body.items).toHaveLength(2);
    expect(await texts(`?limit=2&cursor=${encodeURIComponent(body.next)}`)).toEqual(['Linux 6.12']);
    expect(await texts('?until=2020-01-01T00:00:00Z')).toEqual([]);
    const elsewhere = await get(`?cursor=${encodeURIComponent(body.next)}`, 'admin', 'm2');
    expect(elsewhere).toMatchObject({ status: 400, body: { code: 'BadCursor' } });
    expect((await get('?q=')).status).toBe(400);
  });

  it('is for whom a role lets see it, and not for all who may see the machine', async () => {
    const { rules } = server;
    Object.assign(rules.tokens, { bob: 'bob', eve: 'eve' });
    rules.rights.bob = ['get machines/console'];
    rules.rights.eve = ['get machines', 'list machines'];
    expect(await texts('?limit=1', 'bob')).toEqual(['Rebooting']);
    expect(await get('', 'eve')).toMatchObject({ status: 403, body: { code: 'Forbidden' } });
    expect((await get('', 'stranger')).status).toBe(401);
  });

  it('shows a tenant what was said since the machine is theirs', async () => {
    const { rules, memory } = server;
    rules.tokens.ten = 'ten';
    rules.rights.ten = ['list allocations team'];
    expect((await get('', 'ten')).status).toBe(403);
    await memory.create(allocationKind, {
      metadata: { name: 'mine', namespace: 'team' },
      spec: { image: 'debian-12', constraints: {}, sshKeys: [], erase: 'Quick', priority: 0 },
    });
    const boundAt = new Date().toISOString();
    await memory.applyStatus(
      allocationKind,
      { metadata: { name: 'mine', namespace: 'team' }, status: { boundAt } },
      { fieldManager: 'test' },
    );
    await memory.applyStatus(
      machineKind,
      { metadata: { name: 'm1' }, status: { allocation: { namespace: 'team', name: 'mine', uid: 'u' } } },
      { fieldManager: 'test' },
    );
    await expect.poll(async () => (await get('', 'ten')).status).toBe(200);
    expect(await texts('', 'ten')).toEqual([]);
    // No query reaches behind it.
    expect(await texts('?since=2020-01-01T00:00:00Z', 'ten')).toEqual([]);
    rack.lines.append('m1', 'cloud-init');
    await expect.poll(() => texts('', 'ten'), { timeout: 60_000, interval: 300 }).toEqual(['cloud-init']);
  });
});

describe('what machines said, without history', () => {
  it('is kept nowhere, which is said', async () => {
    const server = await startTestServer();
    try {
      const url = '/api/v1/machines/m1/console-log';
      const answer = await server.app.inject({ url, headers: { authorization: 'Bearer admin' } });
      expect(answer.json()).toMatchObject({ code: 'HistoryUnavailable' });
    } finally {
      await server.stop();
    }
  });
});
