import { createHash, randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { ipAddressKind } from '../../../src/api/ip-address/schema.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { machineInventoryKind } from '../../../src/api/machine-inventory/schema.ts';
import { apiVersion } from '../../../src/api/meta.ts';
import { events } from '../../../src/kube/core-resources.ts';
import { apiResources } from '../../../src/server/resources.ts';
import { aMachine } from '../controllers/setting.ts';
import { makeScratch } from '../shared/scratch.ts';
import { type Cluster as Postgres, startCluster as startPostgres } from '../store/cluster.ts';
import { exampleObjects } from './examples.ts';
import { type Answered, type Operations, readOperations } from './operations.ts';
import { type ServerProgram, startServerProgram } from './program.ts';
import { type Setting, startSetting } from './setting.ts';

const patient = { timeout: 60_000, interval: 300 };
const examples = exampleObjects();

let setting: Setting;
let token: string;
let postgres: Postgres;
const servers: ServerProgram[] = [];

async function startServer(environment: Record<string, string>): Promise<ServerProgram> {
  const server = await startServerProgram(setting, makeScratch('metalwright-operations-'), environment);
  servers.push(server);
  await server.hasHistory(token);
  return server;
}

beforeAll(async () => {
  setting = await startSetting();
  token = await setting.token('everybody', {
    rules: [{ resources: ['*', '*/console', '*/leases'], verbs: ['*'] }],
  });
  postgres = startPostgres();
}, 240_000);
afterAll(async () => {
  for (const server of servers) await server.stop();
  postgres?.remove();
  await setting?.stop();
});

/** Every operation is called once at least, and answers as the document says: Operations.call looks at that. */
describe('every operation of the REST API', () => {
  let server: ServerProgram;
  let api: Operations;
  beforeAll(async () => {
    server = await startServer({
      METALWRIGHT_API_ADMIN_LINK: 'true',
      METALWRIGHT_UPLOADS_DIRECTORY: makeScratch('metalwright-uploads-'),
      METALWRIGHT_UPLOADS_URL: 'http://127.0.0.1:7482',
    });
    api = await readOperations(server.url, token);
  }, 240_000);

  it.each(apiResources.map((resource) => [resource.noun, resource] as const))(
    'makes, lists, shows, changes and deletes %s, as far as people may',
    async (_, { singular, kind, verbs }) => {
      const example = examples.find(({ object }) => object.kind === kind.kind)?.object;
      if (example === undefined) throw new Error(`docs/examples has no ${kind.kind}`);
      const { name } = example.metadata;
      const namespace = kind.namespaced ? { namespace: 'default' } : {};
      const path = { name, ...namespace };
      const written = { ...example, metadata: { ...example.metadata, ...namespace } };
      if (verbs.includes('create')) {
        const made = await api.call(`create${singular}`, { path, body: written });
        expect([made.status, made.headers.get('location')]).toEqual([201, expect.stringContaining(name)]);
      } else await setting.client.create(kind, written);
      const show = () => api.call(`get${singular}`, { path });
      await expect.poll(async () => (await show()).status, patient).toBe(200);
      const lists = [`list${singular}`, ...(kind.namespaced ? [`listNamespaced${singular}`] : [])];
      for (const list of lists) {
        expect((await api.call(list, { path })).body).toMatchObject({
          items: [{ metadata: { name } }],
          total: 1,
        });
      }
      if (verbs.includes('patch')) {
        const body = { metadata: { labels: { seen: 'yes' } } };
        const headers = { 'content-type': 'application/merge-patch+json' };
        const patched = await api.call(`patch${singular}`, { path, body, headers });
        expect(patched).toMatchObject({ status: 200, body: { metadata: { labels: { seen: 'yes' } } } });
        if (verbs.includes('replace')) {
          const ifMatch = { 'if-match': patched.headers.get('etag') ?? '' };
          const replaced = await api.call(`replace${singular}`, { path, body: written, headers: ifMatch });
          expect([replaced.status, replaced.body.metadata]).toEqual([
            200,
            expect.not.objectContaining({ labels: { seen: 'yes' } }),
          ]);
        }
      }
      if (verbs.includes('delete')) {
        expect((await api.call(`delete${singular}`, { path })).status).toBe(204);
        await expect.poll(async () => (await show()).status, patient).toBe(404);
      } else await setting.client.delete(kind, name, namespace);
    },
  );

  it('counts, sums up, previews and orders for machines', async () => {
    await setting.client.create(machineKind, aMachine('m-1', 1));
    const machine = { path: { name: 'm-1' } };
    await expect.poll(async () => (await api.call('getMachineDetail', machine)).status, patient).toBe(200);
    expect((await api.call('getCounts')).body).toMatchObject({ machines: { total: 1 } });
    expect((await api.call('getOverview')).status).toBe(200);
    const wish = { path: { namespace: 'default' }, body: { spec: {} } };
    expect((await api.call('previewPlacement', wish)).body).toMatchObject({ machines: 1, fits: 0 });
    const order = { names: ['m-1', 'nobody'], action: 'PowerOn' };
    expect((await api.call('orderMachineActions', { body: order })).body).toMatchObject({
      created: 1,
      failed: 1,
    });
  });

  it('shows the addresses and leases of a subnet', async () => {
    const names = { Space: '', Fabric: '', VLAN: '', Subnet: '', Rack: '' };
    for (const { resource, object } of examples) {
      if (!(object.kind in names) || (await setting.client.get(resource, object.metadata.name)) !== undefined)
        continue;
      await setting.client.create(resource, object);
    }
    const subnet = { path: { name: 'provisioning' } };
    await expect.poll(async () => (await api.call('getSubnetMap', subnet)).status, patient).toBe(200);
    expect((await api.call('getNextFreeAddress', subnet)).body).toMatchObject({
      address: expect.stringMatching(/^10\.20\.0\./),
    });
    await expect
      .poll(async () => (await api.call('listLeases')).body, patient)
      .toMatchObject({ items: [], complete: false, racks: [{ name: 'node-1', state: 'NoEndpoint' }] });
    expect((await api.call('listSubnetLeases', subnet)).body).toMatchObject({ items: [] });
  });

  it('keeps a file that is uploaded, makes an image of it, and gives it out', async () => {
    const file = randomBytes(1000);
    const digest = createHash('sha256').update(file).digest('hex');
    const begin = async () => {
      const { status, body } = await api.call('beginUpload', {
        body: { sizeBytes: file.length, fileName: 'x-1.raw' },
      });
      expect(status).toBe(201);
      return { path: { id: String(body.id) } };
    };
    const upload = await begin();
    expect((await api.call('listUploads')).status).toBe(200);
    expect(
      (await api.call('sendUpload', { ...upload, query: { offset: '0' }, body: file })).body,
    ).toMatchObject({ receivedBytes: 1000 });
    expect((await api.call('getUpload', upload)).body).toMatchObject({ receivedBytes: 1000 });
    const image = {
      name: 'x-1',
      os: 'x',
      release: '1',
      architecture: 'amd64',
      format: 'Raw',
      digest: `sha256:${digest}`,
    };
    expect((await api.call('createImageOfUpload', { ...upload, body: image })).status).toBe(201);
    expect((await api.call('getUploadedFile', { path: { digest } })).status).toBe(200);
    expect((await api.call('deleteUpload', await begin())).status).toBe(204);
  });

  it('opens and ends sessions, and makes and takes API keys', async () => {
    const ours = { 'x-metalwright-request': '1' };
    expect((await api.call('getSignIn')).body).toMatchObject({ methods: [{ method: 'Token' }] });
    expect((await api.call('createSession', { body: { token }, headers: ours })).status).toBe(201);
    expect((await api.call('getSession')).body).toMatchObject({
      user: { name: 'system:serviceaccount:people:everybody' },
    });
    expect((await api.call('deleteSession', { headers: ours })).status).toBe(204);
    const refused = '/sign-in?problem=SignInRefused';
    for (const id of ['signInOidc', 'signInOidcCallback']) {
      const { status, headers } = await api.call(id);
      expect([status, headers.get('location')], id).toEqual([303, refused]);
    }
    const [, code = ''] = /sign-in\/link\?code=(\S+)/.exec(server.log()) ?? [];
    for (const location of ['/', refused]) {
      const { status, headers } = await api.call('signInLink', { query: { code } });
      expect([status, headers.get('location')]).toEqual([303, location]);
    }
    const { body } = await api.call('createApiKey', { body: { name: 'script' } });
    expect((await api.call('listApiKeys')).body).toMatchObject({ items: [{ name: 'script' }] });
    expect((await api.call('deleteApiKey', { path: { id: String(body.id) } })).status).toBe(204);
  });

  it('streams what happens, and opens consoles by WebSocket', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const abort = new AbortController();
    const stream = await fetch(`${server.url}${api.reach('watch')}?resources=zones`, {
      headers,
      signal: abort.signal,
    });
    const first = await stream.body?.pipeThrough(new TextDecoderStream()).getReader().read();
    abort.abort();
    expect(first?.value).toContain('event: hello');
    const console = api.reach('openMachineConsole').replace('{name}', 'm-1');
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${console}`, { headers });
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('error', () => undefined);
    });
    socket.terminate();
    // There is a machine, and no rack that could reach it: test/integration/lab has both.
    expect(status).toBe(503);
  });

  it('tells its history, from PGlite', async () => {
    await history(api);
  }, 240_000);

  it('tells its history, from PostgreSQL', async () => {
    postgres.run('createdb', ['operations']);
    const other = await startServer({ DATABASE_URL: postgres.url('operations') });
    const more = await readOperations(other.url, token);
    await history(more);
    const database = new Client({ connectionString: postgres.url('operations') });
    await database.connect();
    const { rowCount } = await database.query('SELECT 1 FROM metalwright.power_operations');
    await database.end();
    expect(rowCount).toBeGreaterThan(0);
    expect(
      more.ids.filter((id) => /History|Timeline|Result$|ConsoleLog$/.test(id) && !more.reached.has(id)),
    ).toEqual([]);
  }, 240_000);

  it('is called in this file', async () => {
    expect((await api.call('getOpenApi')).body).toMatchObject({ openapi: '3.1.0' });
    expect(api.ids.length).toBeGreaterThan(120);
    expect(api.ids.filter((id) => !api.reached.has(id))).toEqual([]);
  });
});

/** What happened to a machine of its own, and every operation that tells of it. */
async function history(api: Operations): Promise<void> {
  const { client } = setting;
  const name = `told-${randomBytes(4).toString('hex')}`;
  const at = new Date().toISOString();
  await client.create(machineKind, aMachine(name, 7));
  const power = {
    request: { id: 'p-1', action: 'On' as const, requestedAt: at },
    result: { id: 'p-1', rack: 'node-1', outcome: 'Succeeded' as const, startedAt: at, finishedAt: at },
  };
  await client.applyStatus(
    machineKind,
    { metadata: { name }, status: { phase: 'Ready', phaseSince: at, power } },
    { fieldManager: 'test' },
  );
  const inventory = examples.find(({ object }) => object.kind === 'MachineInventory')?.object;
  const tests = [{ name: 'memory', outcome: 'Passed', message: 'sound', seconds: 3, finishedAt: at }];
  await client.create(
    machineInventoryKind,
    machineInventoryKind.parse({ ...inventory, metadata: { name }, collectedAt: at, tests }),
  );
  await client.create(events, {
    metadata: { name, namespace: 'default' },
    regarding: { apiVersion, kind: 'Machine', name },
    ...{
      eventTime: at.replace('Z', '000Z'),
      action: 'Power',
      type: 'Normal',
      reason: 'Told',
      note: `word${name}`,
    },
    ...{ reportingController: 'metalwright.dev/test', reportingInstance: 'test' },
  });
  const address = `10.20.9.${1 + servers.length}`;
  await client.create(ipAddressKind, {
    metadata: { name: address },
    spec: { address, subnet: 'provisioning', purpose: 'Static', machine: name, mac: '52:54:00:aa:00:07' },
  });
  const order = {
    path: { namespace: 'default' },
    body: { metadata: { name }, spec: { image: 'debian-12' } },
  };
  expect((await api.call('createAllocation', order)).status).toBe(201);

  const path = { name };
  const items = ({ body }: Answered): unknown[] => (Array.isArray(body.items) ? body.items : []);
  const told = (id: string, query: Record<string, string>, item: object) =>
    expect
      .poll(async () => items(await api.call(id, { path, query })), { ...patient, message: id })
      .toContainEqual(expect.objectContaining(item));
  await told('getMachineTimeline', {}, { kind: 'Phase', reason: 'Ready' });
  await told('listHistoryPower', { machine: name }, { kind: 'Power', reason: 'On' });
  await told('listHistoryTests', { machine: name }, { kind: 'Result', reason: 'memory' });
  const results = items(await api.call('listHistoryTests', { query: { machine: name, reason: 'memory' } }));
  const { id } = z.object({ id: z.string() }).parse(results[0]);
  expect((await api.call('getMachineResult', { path: { name, id } })).body).toMatchObject({
    outcome: 'Passed',
  });
  await told('listHistoryEvents', { machine: name }, { reason: 'Told' });
  await told('listHistoryAllocations', { name }, { namespace: 'default', name });
  await told('listHistoryAddresses', { machine: name }, { address });
  await told('listHistoryAudit', { name }, { verb: 'create', name, outcome: 'Done' });
  await told('searchHistory', { q: `word${name}` }, { reason: 'Told' });
  // No rack has listened to it.
  for (const query of [{}, { q: 'panic', since: at }]) {
    const { status, body } = await api.call('getMachineConsoleLog', { path, query });
    expect([status, body]).toEqual([200, { items: [] }]);
  }
  // No rack has looked at its sensors: nothing, and why.
  for (const id of api.ids.filter((each) => each.startsWith('getMachineSensor'))) {
    expect((await api.call(id, { path })).status, id).toBe(200);
  }
}
