import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { aMachine, aRack } from '../../../test/fixtures/objects.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { rackKind } from '../../api/rack/schema.ts';
import { systemClock } from '../../domain/clock.ts';
import { systemTimers } from '../../kube/timers.ts';
import { silentLogger } from '../../log/logger.ts';
import { openPglite } from '../../store/pglite/pglite.ts';
import { openSpool } from '../../store/spool/spool.ts';
import { createHistoryStore } from '../../store/store.ts';
import { defaultRetention, type HistoryRow } from '../../store/tables.ts';
import { createRackClient, type RackClient } from '../racks/rack-client.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { createSensorCollector } from './collector.ts';
import { type MachineSensors, SensorPage } from './rack-sensors.ts';

const sensor = { name: 'CPU', kind: 'Temperature', unit: 'Celsius', value: 41.5 };
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

/** A rack that tells what it is given, a machine a page. */
async function startRack() {
  const state = { items: [] as MachineSensors[], refuses: false, asked: [] as string[] };
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    state.asked.push(`${pathname}?${searchParams}`);
    const [after, since] = [searchParams.get('after') ?? '', searchParams.get('since') ?? ''];
    const machine = searchParams.get('machine');
    const wanted = state.items.filter(
      (item) => item.machine > after && item.at >= since && (machine === null || item.machine === machine),
    );
    const items = wanted.slice(0, 1);
    const next = wanted.length > 1 ? items[0]?.machine : undefined;
    if (state.refuses || request.headers.authorization !== 'Bearer own') response.writeHead(403).end('no');
    else response.end(JSON.stringify({ items, next }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { ...state, state, url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}

describe('the collector of sensors', () => {
  let rack: Awaited<ReturnType<typeof startRack>>;
  let client: RackClient;
  let rows: HistoryRow[];
  let isOurs: boolean;

  beforeAll(async () => {
    rack = await startRack();
    client = createRackClient();
  });
  afterAll(async () => {
    await client.close();
    rack.stop();
  });
  beforeEach(() => {
    [rows, isOurs] = [[], true];
    Object.assign(rack.state, { items: [], refuses: false, asked: [] });
  });

  function collector() {
    const told = aRack({ metadata: { name: 'rack-1' }, status: { adminUrl: rack.url } });
    const caches = { of: () => ({ list: () => [told] }), synced: async () => undefined };
    return createSensorCollector({
      ...{ client, token: async () => 'own', isOurs: () => isOurs, log: silentLogger, timers: systemTimers },
      caches: caches as unknown as Parameters<typeof createSensorCollector>[0]['caches'],
      record: (more) => void rows.push(...more),
    });
  }

  it('takes all pages of a rack, and next time what is new', async () => {
    const collect = collector();
    const first = { at: '2026-01-01T00:00:00.000Z', sensors: [sensor] };
    rack.state.items = [
      { machine: 'm1', ...first },
      { machine: 'm2', ...first },
      { machine: 'm3', ...first, sensors: [] },
    ];
    await collect.collect();
    expect(rows).toMatchObject([
      {
        table: 'sensor_readings',
        row: { machine: 'm1', rack: 'rack-1', readings: [['CPU', 'Temperature', 'Celsius', 41.5]] },
      },
      { row: { machine: 'm2' } },
    ]);
    rows = [];
    rack.state.items = [
      { machine: 'm1', ...first },
      { machine: 'm2', at: '2026-01-01T00:05:00.000Z', sensors: [sensor] },
    ];
    await collect.collect();
    await collect.collect();
    expect(rack.state.asked.at(-1)).toContain('since=2026-01-01T00%3A05');
    // What is told again has the same id: the database keeps one.
    expect(new Set(rows.map(({ row }) => row.id)).size).toBe(2);
  });

  it('asks nobody while another server tells history', async () => {
    isOurs = false;
    await collector().collect();
    expect(rack.state.asked).toEqual([]);
  });

  it('goes on after a rack that refuses', async () => {
    const collect = collector();
    rack.state.refuses = true;
    await collect.collect();
    rack.state.refuses = false;
    rack.state.items = [{ machine: 'm1', at: '2026-01-01T00:00:00.000Z', sensors: [sensor] }];
    await collect.collect();
    expect(rows).toHaveLength(1);
  });

  it.each([
    ['more sensors than a machine has', { sensors: Array(129).fill(sensor) }],
    ['a value that is none', { sensors: [{ ...sensor, value: 'hot' }] }],
    ['a name without end', { sensors: [{ ...sensor, name: 'x'.repeat(65) }] }],
    ['a moment that is none', { at: 'now' }],
  ])('takes no page with %s', (_what, wrong) => {
    const item = { machine: 'm1', at: '2026-01-01T00:00:00.000Z', sensors: [sensor] };
    expect(SensorPage.safeParse({ items: [item] }).success).toBe(true);
    expect(SensorPage.safeParse({ items: [{ ...item, ...wrong }] }).success).toBe(false);
  });
});

describe('sensors by the REST API', { timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-sensors-'));
  let rack: Awaited<ReturnType<typeof startRack>>;
  let server: TestServer;

  beforeAll(async () => {
    rack = await startRack();
    rack.state.items = [
      { machine: 'm1', at: minutesAgo(3), sensors: [sensor] },
      { machine: 'm3', at: minutesAgo(2), sensors: [sensor] },
    ];
    const history = createHistoryStore({
      open: () => openPglite({ statementTimeoutMs: 60_000 }),
      spool: await openSpool({ directory, maxBytes: 64_000_000, log: silentLogger }),
      ...{ retention: defaultRetention, log: silentLogger, clock: systemClock, later: systemTimers },
    });
    server = await startTestServer({ history, racks: { token: async () => 'own' } });
    await server.memory.create(rackKind, aRack({ metadata: { name: 'rack-1' } }));
    const status = { adminUrl: rack.url };
    await server.memory.applyStatus(
      rackKind,
      { metadata: { name: 'rack-1' }, status },
      { fieldManager: 'test' },
    );
    for (const name of ['m1', 'm2', 'm3']) {
      const machine = await server.memory.create(machineKind, aMachine({ metadata: { name } }));
      if (name === 'm2') continue;
      const health = { rack: 'rack-1', overall: 'OK' as const, components: [] };
      const { uid } = machine.metadata;
      await server.memory.applyStatus(
        machineKind,
        { metadata: { name, uid }, status: { health } },
        { fieldManager: 'test' },
      );
    }
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    rack?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const get = async (path: string, token = 'admin') => {
    const url = `/api/v1/${path}`;
    const answer = await server.app.inject({ url, headers: { authorization: `Bearer ${token}` } });
    return { status: answer.statusCode, body: answer.json() };
  };

  it('are what the rack read last', async () => {
    const wanted = { rack: 'rack-1', sensors: [sensor], history: true };
    await vi.waitFor(async () => expect((await get('machines/m1/sensors')).body).toMatchObject(wanted), {
      timeout: 60_000,
    });
    expect((await get('machines/m2/sensors')).body).toEqual({
      ...{ sensors: [], history: true },
      detail: 'no rack has read the health of this machine',
    });
    expect((await get('machines/nobody/sensors')).status).toBe(404);
  });

  it('come from the racks into history, and out of it as series', { timeout: 120_000 }, async () => {
    const series = async (query = ''): Promise<{ status: number; body: { series: object[] } }> =>
      get(`history/machines/m1/sensors${query}`);
    // The collector asks when this server has its turn: with its first round, or a minute later.
    await vi.waitFor(async () => expect((await series()).body.series).toHaveLength(1), {
      ...{ timeout: 100_000, interval: 500 },
    });
    expect(await series()).toMatchObject({
      body: {
        stepSeconds: 720,
        series: [{ name: 'CPU', unit: 'Celsius', points: [[expect.any(Number), 41.5, 41.5, 41.5]] }],
      },
    });
    expect((await series(`?until=${minutesAgo(60)}`)).body.series).toEqual([]);
    expect((await series('?since=2000-01-01T00:00:00Z')).status).toBe(400);
    expect((await series('?points=5')).status).toBe(400);
    expect((await get('history/machines/m1/sensors', 'stranger')).status).toBe(401);
  });
});

describe('sensors without history', () => {
  it('have no past, which is said', async () => {
    const server = await startTestServer();
    try {
      const url = '/api/v1/history/machines/m1/sensors';
      const answer = await server.app.inject({ url, headers: { authorization: 'Bearer admin' } });
      expect(answer.json()).toMatchObject({ code: 'HistoryUnavailable' });
    } finally {
      await server.stop();
    }
  });
});
