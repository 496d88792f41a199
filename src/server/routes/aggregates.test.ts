import { afterEach, describe, expect, it } from 'vitest';
import { aBootImage, aMachine, anAddress, aRack } from '../../../test/fixtures/objects.ts';
import { bootImageKind } from '../../api/boot-image/schema.ts';
import { ipAddressKind } from '../../api/ip-address/schema.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { rackKind } from '../../api/rack/schema.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function setting() {
  const server = await startTestServer();
  servers.push(server);
  const { memory } = server;
  const addMachine = async (machine: Machine) => {
    const { metadata } = await memory.create(machineKind, machine);
    await memory.applyStatus(
      machineKind,
      { metadata: { name: metadata.name }, status: machine.status },
      { fieldManager: 'test' },
    );
  };
  await addMachine(
    aMachine({
      name: 'broken',
      spec: { pool: 'gpu' },
      status: {
        phase: 'CommissioningFailed',
        phaseSince: '2026-01-02T00:00:00Z',
        powerState: 'Off',
        failure: { reason: 'NoDhcp', message: 'Nothing was seen.' },
        bootProgress: { generation: 1, stage: 'Dhcp', at: '2026-01-02T00:00:00Z', rack: 'r1' },
      },
    }),
  );
  await addMachine(
    aMachine({
      name: 'fine',
      status: {
        phase: 'Ready',
        phaseSince: '2026-01-01T00:00:00Z',
        powerState: 'On',
        hardware: { cores: 8, threads: 16, memoryMiB: 2048, nics: 1, disks: [] },
      },
    }),
  );
  await memory.create(rackKind, aRack({ name: 'r1' }));
  await memory.create(rackKind, aRack({ name: 'r2' }));
  await memory.create(bootImageKind, aBootImage({ name: 'debian' }));
  await memory.create(ipAddressKind, anAddress('10.0.0.9', { spec: { machine: 'broken' } }));
  server.rules.tokens.narrow = 'narrow';
  server.rules.rights.narrow = ['get machines', 'list racks'];
  const ask = async (url: string, token = 'admin', headers: Record<string, string> = {}) => {
    const answer = await server.app.inject({
      url,
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
    return {
      status: answer.statusCode,
      etag: String(answer.headers.etag),
      body: answer.body === '' ? undefined : answer.json(),
    };
  };
  await expect
    .poll(async () => (await ask('/api/v1/machines?fieldSelector=status.phase=Ready')).body.total)
    .toBe(1);
  return { server, ask };
}

describe('the overview', () => {
  it('has figures, capacity, troubles with what to do, racks, images and the last changes', async () => {
    const { ask } = await setting();
    const { status, body } = await ask('/api/v1/overview');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      machines: {
        total: 2,
        byPhase: { CommissioningFailed: 1, Ready: 1 },
        byPower: { Off: 1, On: 1 },
        capacity: {
          pools: [
            { name: 'default', machines: 1, free: 1, freeCores: 8, freeMemoryMiB: 2048 },
            { name: 'gpu', machines: 1, free: 0, cores: 0 },
          ],
          architectures: [{ name: 'amd64', machines: 2, free: 1, used: 0 }],
        },
      },
      troubles: {
        total: 1,
        items: [
          {
            kind: 'Failed',
            name: 'broken',
            reason: 'NoDhcp',
            advice: expect.stringContaining('boots from the network'),
            href: '/api/v1/machines/broken',
          },
        ],
      },
      changes: [{ machine: 'broken' }, { machine: 'fine' }],
      racks: [
        { name: 'r1', healthy: false, silent: true },
        { name: 'r2', healthy: false },
      ],
      images: { total: 1, ready: 0, others: [{ name: 'debian', reason: 'Pending' }] },
      missing: [],
    });
  });

  it('is not sent again while it is the same, and is new with the next change', async () => {
    const { server, ask } = await setting();
    const { etag } = await ask('/api/v1/overview');
    expect((await ask('/api/v1/overview', 'admin', { 'if-none-match': etag })).status).toBe(304);
    await server.memory.create(machineKind, aMachine({ name: 'third' }));
    await expect
      .poll(
        async () => (await ask('/api/v1/overview', 'admin', { 'if-none-match': etag })).body?.machines.total,
      )
      .toBe(3);
  });

  it('leaves out what the caller may not list, and says so', async () => {
    const { ask } = await setting();
    const { status, body } = await ask('/api/v1/overview', 'narrow');
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['missing', 'racks']);
    expect(body.missing.map(({ part, reason }: { part: string; reason: string }) => [part, reason])).toEqual([
      ['machines', 'Forbidden'],
      ['allocations', 'Forbidden'],
      ['actions', 'Forbidden'],
      ['images', 'Forbidden'],
    ]);
  });
});

describe('the detail of a machine', () => {
  it('has all that belongs to it, and names what there is not', async () => {
    const { ask } = await setting();
    const { status, body, etag } = await ask('/api/v1/machines/broken/detail');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      machine: { metadata: { name: 'broken' } },
      advice: expect.stringContaining('cable'),
      addresses: [{ metadata: { name: '10.0.0.9' } }],
      racks: [{ metadata: { name: 'r1' } }],
      actions: [],
      missing: [
        { part: 'allocation', reason: 'NotFound' },
        { part: 'inventory', reason: 'NotFound' },
        { part: 'image', reason: 'NotFound' },
      ],
    });
    const again = await ask('/api/v1/machines/broken/detail', 'admin', { 'if-none-match': etag });
    expect(again.status).toBe(304);
  });

  it('shows each part to those who may read it alone', async () => {
    const { ask } = await setting();
    const { body } = await ask('/api/v1/machines/broken/detail', 'narrow');
    expect(Object.keys(body).sort()).toEqual(['advice', 'machine', 'missing', 'racks']);
    expect((await ask('/api/v1/machines/none/detail')).status).toBe(404);
  });
});
