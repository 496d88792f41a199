import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { rackKind } from '../../../src/api/rack/schema.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { createAccessReview } from '../../../src/kube/endpoint/access-review.ts';
import { createEndpoint, type Endpoint } from '../../../src/kube/endpoint/endpoint.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';
import { systemTimers } from '../../../src/kube/timers.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { RackMeters } from '../../../src/metrics/rack-meters.ts';
import { adminRoutes } from '../../../src/rack/admin/routes.ts';
import { createRecordedLines } from '../../../src/rack/console/record/recorded-lines.ts';
import { type ApiServer, createApiServer } from '../../../src/server/start.ts';
import { openHistory } from '../../../src/store/open.ts';
import { defaultRetention } from '../../../src/store/tables.ts';
import { until } from '../controllers/setting.ts';
import { accountsNamespace, type Setting, startSetting } from './setting.ts';

const rbac = 'rbac.authorization.k8s.io';
const ofRbac = (plural: string, kind: string): Resource<KubeObject> => ({
  ...{ group: rbac, version: 'v1', plural, kind, namespaced: false },
});

/** The admin endpoint of a rack, which asks a real API server who may read it, and a server that asks the rack. */
describe('sensors, from a rack into history', () => {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-sensors-'));
  const meters = new RackMeters();
  let setting: Setting;
  let rack: Endpoint;
  let server: ApiServer;
  let url: string;
  let reader: string;
  let ownToken: string;

  beforeAll(async () => {
    setting = await startSetting();
    const { client } = setting;
    const access = createAccessReview({ client, log: silentLogger });
    const routes = adminRoutes({
      metrics: { text: async () => '', contentType: 'text/plain' },
      ...{ leases: () => [], sensors: meters.health, status: () => ({}), ready: () => true },
      clock: systemClock,
      lines: createRecordedLines({ instance: 'i', clock: systemClock, mostBytes: 1_000 }),
    });
    rack = createEndpoint({ routes, access, log: silentLogger });
    const { port } = await rack.listen({ address: '127.0.0.1', port: 0 });

    ownToken = await setting.token('collector', { rules: [] });
    reader = await setting.token('reader', { rules: [{ resources: ['machines'], verbs: ['get', 'list'] }] });
    await client.create(rackKind, { metadata: { name: 'rack-1' }, spec: {} });
    const status = { adminUrl: `http://127.0.0.1:${port}` };
    await client.applyStatus(rackKind, { metadata: { name: 'rack-1' }, status }, { fieldManager: 'test' });
    await client.create(machineKind, {
      metadata: { name: 'warm' },
      spec: { architecture: 'amd64', macAddresses: ['52:54:00:aa:00:09'] },
    });
    const health = { rack: 'rack-1', overall: 'OK' as const, components: [] };
    await client.applyStatus(
      machineKind,
      { metadata: { name: 'warm' }, status: { health } },
      { fieldManager: 'test' },
    );
    const history = await openHistory({
      ...{ directory, databaseUrl: undefined, spoolBytes: 64 * 1024 * 1024, retention: defaultRetention },
      ...{ log: silentLogger, clock: systemClock, later: systemTimers },
    });
    server = createApiServer({
      client,
      writesAs: () => {
        throw new Error('nothing is written here');
      },
      log: silentLogger,
      version: '0.0.0',
      history,
      racks: { token: async () => ownToken },
    });
    url = `http://127.0.0.1:${(await server.listen({ address: '127.0.0.1', port: 0 })).port}`;
    await server.ready();
  }, 240_000);
  afterAll(async () => {
    await server?.stop();
    await rack?.close();
    await setting?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const get = async (path: string): Promise<{ status: number; body: Record<string, unknown> }> => {
    const response = await fetch(`${url}/api/v1/${path}`, { headers: { authorization: `Bearer ${reader}` } });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  // Without a word while the database is being opened.
  const points = async (): Promise<unknown> => (await get('history/machines/warm/sensors')).body.series ?? [];

  it('are told to nobody without a right to the path, and to the server with it', async () => {
    const sensor = { name: 'Inlet', kind: 'Temperature', unit: 'Celsius', value: 23.5 };
    meters.healthRead('warm', { overall: 'OK', sensors: [sensor] }, Date.now() - 1000);
    expect((await get('machines/warm/sensors')).body).toMatchObject({
      sensors: [],
      detail: expect.stringContaining('403'),
    });
    await setting.client.create(ofRbac('clusterroles', 'ClusterRole'), {
      metadata: { name: 'sensors' },
      ...{ rules: [{ nonResourceURLs: ['/sensors'], verbs: ['get'] }] },
    });
    await setting.client.create(ofRbac('clusterrolebindings', 'ClusterRoleBinding'), {
      metadata: { name: 'sensors' },
      ...{
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'sensors' },
        subjects: [{ kind: 'ServiceAccount', name: 'collector', namespace: accountsNamespace }],
      },
    });
    await until('the rack tells', async () => {
      const { body } = await get('machines/warm/sensors');
      return JSON.stringify(body.sensors) === JSON.stringify([sensor]);
    });
    await until(
      'history has it',
      async () => JSON.stringify(await points()).includes('"Inlet"'),
      undefined,
      100_000,
    );
    expect(await points()).toMatchObject([
      { unit: 'Celsius', points: [[expect.any(Number), 23.5, 23.5, 23.5]] },
    ]);
  });
});
