import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import { allocationKind } from '../../api/allocation/schema.ts';
import { ipAddressKind } from '../../api/ip-address/schema.ts';
import type { MachinePhase } from '../../api/machine/phases.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { machineActionKind } from '../../api/machine-action/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import { systemClock } from '../../domain/clock.ts';
import { events } from '../../kube/core-resources.ts';
import { systemTimers } from '../../kube/timers.ts';
import { silentLogger } from '../../log/logger.ts';
import type { Database } from '../../store/database.ts';
import { storeError } from '../../store/errors.ts';
import { openPglite } from '../../store/pglite/pglite.ts';
import { openSpool } from '../../store/spool/spool.ts';
import { createHistoryStore, type HistoryStore } from '../../store/store.ts';
import { defaultRetention } from '../../store/tables.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';

const patient = { timeout: 60_000 };

describe('history of the server', { timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-history-'));
  let real: Database;
  let isAway = false;
  let store: HistoryStore;
  let server: TestServer;

  beforeAll(async () => {
    real = await openPglite({ statementTimeoutMs: 60_000 });
    // A database that can be taken away, and is the same one when it is back.
    const away =
      <Args extends unknown[], R>(work: (...args: Args) => Promise<R>) =>
      async (...args: Args): Promise<R> => {
        if (isAway) throw storeError('Unavailable', 'the test');
        return work(...args);
      };
    const database: Database = {
      kind: 'PostgreSQL',
      query: away(real.query),
      script: away(real.script),
      transaction: (work, timeoutMs) => away(() => real.transaction(work, timeoutMs))(),
      close: async () => undefined,
    };
    store = createHistoryStore({
      open: async () => database,
      spool: await openSpool({ directory, maxBytes: 64_000_000, log: silentLogger }),
      retention: defaultRetention,
      log: silentLogger,
      clock: systemClock,
      later: systemTimers,
      limits: { backoffMs: 20, maxBackoffMs: 100 },
    });
    server = await startTestServer({ history: store });
  }, 120_000);

  afterAll(async () => {
    await server.stop();
    await real.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const get = async (url: string, token = 'admin') => {
    const answer = await server.app.inject({ url, headers: { authorization: `Bearer ${token}` } });
    return { status: answer.statusCode, body: answer.json() };
  };
  const reasonsOf = async (url: string, token?: string): Promise<string[]> =>
    ((await get(url, token)).body.items ?? []).map((item: { reason: string }) => item.reason);
  const send = (method: 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object, token = 'admin') =>
    server.app.inject({
      method,
      url,
      headers: {
        authorization: `Bearer ${token}`,
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(payload === undefined ? {} : { payload }),
    });
  const begun = Date.now();
  const minutesAgo = (minutes: number) => new Date(begun - minutes * 60_000).toISOString();

  it('tells the story of a machine from its resources and Events, and finds it by its words', async () => {
    const { memory } = server;
    await memory.create(machineKind, aMachine({ name: 'story' }));
    const status = (phase: MachinePhase, at: string, rest: object = {}) =>
      memory.applyStatus(
        machineKind,
        { metadata: { name: 'story' }, status: { phase, phaseSince: at, ...rest } },
        { fieldManager: 'test', force: true },
      );
    await status('Commissioning', minutesAgo(9));
    await expect
      .poll(() => reasonsOf('/api/v1/history/machines/story/timeline'), patient)
      .toEqual(['Commissioning']);
    await status('CommissioningFailed', minutesAgo(5), {
      failure: { reason: 'BootTimeout', message: 'no kernel came: quokka' },
      timeline: {
        generation: 3,
        work: 'Inventory',
        steps: [{ step: 'PowerOn', at: minutesAgo(8), durationSeconds: 0 }],
      },
      power: {
        request: { id: 'p-1', action: 'On', requestedAt: minutesAgo(8) },
        result: {
          id: 'p-1',
          rack: 'r1',
          outcome: 'Failed',
          reason: 'BmcTimeout',
          startedAt: minutesAgo(7),
          finishedAt: minutesAgo(6),
        },
      },
      taskResult: {
        id: 't-1',
        outcome: 'Failed',
        reason: 'DiskGone',
        message: 'sda is gone',
        updatedAt: minutesAgo(4),
      },
    });
    await memory.create(machineActionKind, {
      metadata: { name: 'story-lock' },
      spec: { machine: 'story', action: 'Lock' },
    });
    await memory.applyStatus(
      machineActionKind,
      { metadata: { name: 'story-lock' }, status: { phase: 'Succeeded', finishedAt: minutesAgo(3) } },
      { fieldManager: 'test' },
    );
    await memory.create(events, {
      metadata: { name: 'story.1', namespace: 'default' },
      eventTime: minutesAgo(2),
      regarding: { apiVersion, kind: 'Machine', name: 'story' },
      reason: 'PowerTimeout',
      note: 'the BMC was silent',
      type: 'Warning',
    });
    await expect
      .poll(() => reasonsOf('/api/v1/history/machines/story/timeline'), patient)
      .toEqual(['PowerTimeout', 'Lock', 'Task', 'CommissioningFailed', 'On', 'PowerOn', 'Commissioning']);
    expect(await reasonsOf('/api/v1/history/power?machine=story')).toEqual(['On']);
    expect(await reasonsOf('/api/v1/history/tests?machine=story')).toEqual(['Task']);
    expect(await reasonsOf('/api/v1/search?q=quokka')).toEqual(['CommissioningFailed']);
    expect(await reasonsOf('/api/v1/history/events?class=Event&severity=Warning')).toEqual(['PowerTimeout']);
    expect(await reasonsOf('/api/v1/history/machines/story/timeline?kind=Step,Power')).toEqual([
      'On',
      'PowerOn',
    ]);
  });

  it('gives its lists in pages, and takes no cursor of another list', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await get(`/api/v1/history/machines/story/timeline?limit=3${cursor}`);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.next === undefined ? '' : `&cursor=${encodeURIComponent(body.next)}`;
    } while (cursor !== '');
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
    const { body } = await get('/api/v1/history/machines/story/timeline?limit=3');
    const other = await get(`/api/v1/history/power?cursor=${encodeURIComponent(body.next)}`);
    expect(other).toMatchObject({ status: 400, body: { code: 'BadCursor' } });
    expect((await get('/api/v1/history/events?since=yesterday')).status).toBe(400);
    expect((await get('/api/v1/history/machines/story/timeline?kind=None')).status).toBe(400);
  });

  it('knows who had a machine and an address, from when until when', async () => {
    const made = await send('POST', '/api/v1/namespaces/team/allocations', {
      metadata: { name: 'web' },
      spec: { image: 'debian-12' },
    });
    expect(made.statusCode).toBe(201);
    await server.memory.applyStatus(
      allocationKind,
      {
        metadata: { name: 'web', namespace: 'team' },
        status: { phase: 'Bound', machine: 'story', boundAt: minutesAgo(3) },
      },
      { fieldManager: 'test' },
    );
    await server.memory.create(ipAddressKind, {
      metadata: { name: '10.0.0.7' },
      spec: { address: '10.0.0.7', subnet: 'rack-a', machine: 'story', purpose: 'Static' },
    });
    const allocations = async () => (await get('/api/v1/history/allocations?namespace=team')).body.items;
    const addresses = async () => (await get('/api/v1/history/addresses?address=10.0.0.7')).body.items;
    await expect
      .poll(allocations, patient)
      .toMatchObject([{ name: 'web', machine: 'story', createdBy: 'admin', phase: 'Bound' }]);
    await expect.poll(addresses, patient).toMatchObject([{ machine: 'story', address: '10.0.0.7' }]);
    await server.memory.delete(ipAddressKind, '10.0.0.7');
    await server.memory.delete(allocationKind, 'web', { namespace: 'team' });
    await expect.poll(allocations, patient).toMatchObject([{ endedAt: expect.any(String) }]);
    await expect.poll(addresses, patient).toMatchObject([{ until: expect.any(String) }]);
    expect((await get('/api/v1/history/allocations?open=true')).body.items).toEqual([]);
  });

  it('keeps every write with its user, object and outcome, refused ones as well, and no reads', async () => {
    server.rules.tokens.bob = 'bob';
    await send('PATCH', '/api/v1/machines/story', { spec: { pool: 'x' } });
    await send('PATCH', '/api/v1/machines/none', { spec: { pool: 'secret-word' } }, 'bob');
    await send('POST', '/api/v1/machines/actions', { names: ['story'], action: 'Lock' });
    await get('/api/v1/machines/story');
    await store.stored();
    const { body } = await get('/api/v1/history/audit?limit=3');
    expect(body.items).toMatchObject([
      {
        user: 'admin',
        verb: 'create',
        resource: 'machine-actions',
        details: { names: ['story'], action: 'Lock', from: { address: '127.0.0.1', by: 'Token' } },
      },
      { user: 'bob', verb: 'patch', resource: 'machines', name: 'none', outcome: 'NotFound', status: 404 },
      { user: 'admin', verb: 'patch', name: 'story', outcome: 'Done', details: { fields: ['pool'] } },
    ]);
    expect(JSON.stringify(body)).not.toContain('secret-word');
  });

  it('shows a tenant what is theirs, since it is theirs', async () => {
    server.rules.tokens.ten = 'ten';
    server.rules.rights.ten = ['list allocations team'];
    const { memory } = server;
    await memory.create(allocationKind, {
      metadata: { name: 'mine', namespace: 'team' },
      spec: { image: 'debian-12', constraints: {}, sshKeys: [], erase: 'Quick', priority: 0 },
    });
    await memory.applyStatus(
      allocationKind,
      { metadata: { name: 'mine', namespace: 'team' }, status: { boundAt: minutesAgo(4.5) } },
      { fieldManager: 'test' },
    );
    await memory.create(machineKind, aMachine({ name: 'foreign' }));
    expect((await get('/api/v1/history/machines/story/timeline', 'ten')).status).toBe(403);
    await memory.applyStatus(
      machineKind,
      { metadata: { name: 'story' }, status: { allocation: { namespace: 'team', name: 'mine', uid: 'u' } } },
      { fieldManager: 'binder' },
    );
    await expect
      .poll(
        () => reasonsOf('/api/v1/history/machines/story/timeline?kind=Event,Phase,Action,Result', 'ten'),
        patient,
      )
      .toEqual(expect.arrayContaining(['PowerTimeout', 'Lock', 'Task']));
    expect(await reasonsOf('/api/v1/history/machines/story/timeline', 'ten')).not.toContain('Commissioning');
    expect((await get('/api/v1/history/machines/foreign/timeline', 'ten')).status).toBe(403);
    for (const path of ['history/power', 'history/tests', 'history/addresses', 'history/audit'])
      expect((await get(`/api/v1/${path}`, 'ten')).status, path).toBe(403);
    expect(await reasonsOf('/api/v1/history/events', 'ten')).toEqual([]);
    expect(await reasonsOf('/api/v1/search?q=quokka', 'ten')).toEqual([]);
    const { body } = await get('/api/v1/history/allocations', 'ten');
    expect(new Set(body.items.map(({ namespace }: { namespace: string }) => namespace))).toEqual(
      new Set(['team']),
    );
    server.rules.tokens.nobody = 'nobody';
    for (const path of ['history/events', 'history/allocations', 'search?q=x'])
      expect((await get(`/api/v1/${path}`, 'nobody')).status, path).toBe(403);
  });

  it('goes on while the database is away, and what happened meanwhile arrives', async () => {
    isAway = true;
    expect(await get('/api/v1/history/events')).toMatchObject({
      status: 503,
      body: { code: 'HistoryUnavailable' },
    });
    expect((await send('PATCH', '/api/v1/machines/story', { spec: { pool: 'away' } })).statusCode).toBe(200);
    await server.memory.create(events, {
      metadata: { name: 'story.2', namespace: 'default' },
      eventTime: minutesAgo(0),
      regarding: { apiVersion, kind: 'Machine', name: 'story' },
      reason: 'WhileAway',
      type: 'Normal',
    });
    await expect.poll(() => store.figures().trouble, patient).toBeDefined();
    isAway = false;
    await expect.poll(() => reasonsOf('/api/v1/history/events?limit=1'), patient).toEqual(['WhileAway']);
    expect((await get('/api/v1/history/audit?limit=1')).body.items).toMatchObject([
      { name: 'story', verb: 'patch' },
    ]);
  });
});
