import { afterEach, describe, expect, it } from 'vitest';
import { aMachine } from '../../test/fixtures/objects.ts';
import { allocationKind } from '../api/allocation/schema.ts';
import { machineKind } from '../api/machine/schema.ts';
import { machineInventoryKind } from '../api/machine-inventory/schema.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const hardware = { cores: 8, threads: 16, memoryMiB: 65_536, nics: 2, disks: [], serial: 'SERIAL-1' };

/** What nobody may learn of a machine that is not theirs. */
const secrets = ['52:54:00', '10.0.0.', '192.0.2.', 'SERIAL-', 'team-b', 'cred-', 'PRIVATE'];

function machine(name: string, namespace: string | undefined, octet: number) {
  return aMachine({
    name,
    metadata: { labels: { note: 'PRIVATE' }, annotations: { note: 'PRIVATE' } },
    spec: {
      bmc: { driver: 'redfish', address: `192.0.2.${octet}`, credentialsSecret: `cred-${name}` },
      tags: ['gpu'],
    },
    status: {
      phase: 'Deployed',
      hardware,
      addresses: [{ address: `10.0.0.${octet}`, subnet: 's' }],
      ...(namespace === undefined ? {} : { allocation: { namespace, name: 'a', uid: 'u' } }),
    },
  });
}

/** Ann may read Allocations of team-a, and nothing else; bob nothing at all. */
async function setting() {
  const server = await startTestServer();
  servers.push(server);
  const { memory, rules } = server;
  rules.tokens = { admin: 'admin', ann: 'ann', bob: 'bob' };
  rules.rights = { ann: ['list allocations team-a'] };
  for (const object of [
    machine('mine', 'team-a', 1),
    machine('theirs', 'team-b', 2),
    machine('free', undefined, 3),
  ]) {
    await memory.create(machineKind, object);
    await memory.patchStatus(machineKind, object.metadata.name, { status: object.status });
    await memory.create(machineInventoryKind, {
      metadata: { name: object.metadata.name },
      ...{ spec: {} },
    });
  }
  for (const namespace of ['team-a', 'team-b'])
    await memory.create(allocationKind, { metadata: { name: 'a', namespace }, spec: { image: 'debian-12' } });
  const ask = async (url: string, headers: Record<string, string> = {}, token = 'ann') => {
    const answer = await server.app.inject({
      url,
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      json: () => answer.json(),
    };
  };
  const deployed = '/api/v1/machines?fieldSelector=status.phase=Deployed';
  await expect.poll(async () => (await ask(deployed, {}, 'admin')).json().total).toBe(3);
  await expect.poll(async () => (await ask('/api/v1/allocations', {}, 'admin')).json().total).toBe(2);
  return { server, ask };
}

const named = ({ items }: { items: { metadata: { name: string } }[] }) =>
  items.map(({ metadata }) => metadata.name);

describe('a tenant', () => {
  it('sees of every machine what it takes to choose one, and all of their own', async () => {
    const { ask } = await setting();
    const { items } = (await ask('/api/v1/machines')).json();
    const [free, mine, theirs] = items;
    expect(mine).toMatchObject({
      spec: { bmc: { address: '192.0.2.1' } },
      status: { addresses: [{ address: '10.0.0.1' }], hardware: { serial: 'SERIAL-1' } },
    });
    expect(theirs).toEqual({
      apiVersion: 'metalwright.dev/v1alpha1',
      kind: 'Machine',
      metadata: {
        name: 'theirs',
        uid: expect.any(String),
        resourceVersion: expect.any(String),
        generation: 1,
        creationTimestamp: expect.any(String),
        annotations: { 'metalwright.dev/view': 'public' },
      },
      spec: { architecture: 'amd64', zone: 'default', pool: 'default', tags: ['gpu'] },
      status: {
        phase: 'Deployed',
        hardware: { cores: 8, threads: 16, memoryMiB: 65_536, nics: 2, disks: [] },
      },
    });
    const foreign = JSON.stringify([free, theirs]);
    expect(secrets.filter((secret) => foreign.includes(secret))).toEqual([]);
    expect((await ask('/api/v1/machines/theirs')).json()).toEqual(theirs);
    expect((await ask('/api/v1/machines/mine')).json()).toEqual(mine);
    expect((await ask('/api/v1/machines/nowhere')).status).toBe(404);
  });

  it.each([
    ['an address of a BMC', 'fieldSelector=spec.bmc.address=192.0.2.2'],
    ['a serial number', 'fieldSelector=status.hardware.serial=SERIAL-1&limit=2'],
    ['a label', 'labelSelector=note=PRIVATE'],
    ['words', 'q=52:54:00'],
    ['the name of another tenant', 'fieldSelector=status.allocation.namespace=team-b'],
  ])('finds no other machine by %s', async (_sentence, query) => {
    const { ask } = await setting();
    expect(named((await ask(`/api/v1/machines?${query}`)).json()).filter((name) => name !== 'mine')).toEqual(
      [],
    );
  });

  it('pages in an order that tells of nothing else', async () => {
    const { ask } = await setting();
    const sort = 'sort=-spec.bmc.address&limit=1';
    const first = (await ask(`/api/v1/machines?${sort}`)).json();
    const second = (await ask(`/api/v1/machines?${sort}&cursor=${first.next}`)).json();
    const third = (await ask(`/api/v1/machines?${sort}&cursor=${second.next}`)).json();
    expect([first, second, third].map(named)).toEqual([['mine'], ['free'], ['theirs']]);
    expect(third).not.toHaveProperty('next');
  });

  it('counts all machines, and sees inventories and details of their own', async () => {
    const { ask } = await setting();
    expect((await ask('/api/v1/counts')).json().machines).toMatchObject({
      total: 3,
      byPhase: { Deployed: 3 },
    });
    expect(named((await ask('/api/v1/machine-inventories')).json())).toEqual(['mine']);
    expect((await ask('/api/v1/machine-inventories/mine')).status).toBe(200);
    expect((await ask('/api/v1/machine-inventories/theirs')).status).toBe(404);
    expect((await ask('/api/v1/machines/mine/detail')).json()).toMatchObject({
      machine: { metadata: { name: 'mine' } },
      inventory: { metadata: { name: 'mine' } },
    });
    expect((await ask('/api/v1/machines/theirs/detail')).status).toBe(403);
    expect((await ask('/api/v1/machines/nowhere/detail')).status).toBe(403);
  });

  it('sees a machine anew when it becomes theirs, and no more when it is no longer', async () => {
    const { server, ask } = await setting();
    const etag = String((await ask('/api/v1/machines/free')).headers.etag);
    const seen = (headers = {}) => ask('/api/v1/machines/free', headers);
    expect((await seen({ 'if-none-match': etag })).status).toBe(304);
    server.rules.rights.ann = ['list allocations team-a', 'get machines', 'list machines'];
    await expect
      .poll(async () => (await seen({ 'if-none-match': etag })).status, { timeout: 10_000 })
      .toBe(200);
    server.rules.rights.ann = ['list allocations team-a'];
    const held = { allocation: { namespace: 'team-a', name: 'b', uid: 'v' } };
    await server.memory.patchStatus(machineKind, 'mine', { status: { allocation: null } });
    await server.memory.patchStatus(machineKind, 'theirs', { status: held });
    await expect
      .poll(
        async () => (await ask('/api/v1/machines?fieldSelector=spec.bmc.address=192.0.2.2')).json().total,
        { timeout: 15_000 },
      )
      .toBe(1);
    expect((await ask('/api/v1/machines?fieldSelector=spec.bmc.address=192.0.2.1')).json().total).toBe(0);
  }, 40_000);

  it('watches machines as they see them', async () => {
    const { server } = await setting();
    const { port } = await server.listen({ address: '127.0.0.1', port: 0 });
    const ending = new AbortController();
    const answer = await fetch(
      `http://127.0.0.1:${port}/api/v1/watch?resources=machines,machine-inventories`,
      {
        headers: { authorization: 'Bearer ann' },
        signal: ending.signal,
      },
    );
    expect(answer.status).toBe(200);
    let text = '';
    const reading = (async () => {
      for await (const piece of answer.body ?? []) text += new TextDecoder().decode(piece);
    })().catch(() => undefined);
    await expect.poll(() => text).toContain('event: hello');
    for (const name of ['theirs', 'mine'])
      await server.memory.patchStatus(machineKind, name, { status: { powerState: 'On' } });
    await server.memory.patch(machineInventoryKind, 'theirs', {
      metadata: { labels: { secret: 'PRIVATE' } },
    });
    await server.memory.patchStatus(machineKind, 'free', {
      status: { allocation: { namespace: 'team-a', name: 'b', uid: 'v' } },
    });
    await expect.poll(() => text).toContain('10.0.0.3');
    ending.abort();
    await reading;
    expect(text).toContain('"name":"theirs"');
    expect(text).toContain('10.0.0.1');
    expect(['10.0.0.2', '192.0.2.2', 'team-b', '"secret"'].filter((secret) => text.includes(secret))).toEqual(
      [],
    );
  });

  it('is not who may read Allocations nowhere', async () => {
    const { ask } = await setting();
    const paths = ['machines', 'machines/mine', 'machine-inventories', 'counts', 'watch?resources=machines'];
    const statuses = await Promise.all(
      paths.map(async (path) => (await ask(`/api/v1/${path}`, {}, 'bob')).status),
    );
    expect(statuses).toEqual([403, 403, 403, 403, 403]);
  });
});
