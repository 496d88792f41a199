import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { namespaces } from '../../../src/kube/core-resources.ts';
import { aMachine, anAllocation, until } from '../controllers/setting.ts';
import { type Setting, startSetting } from './setting.ts';

const everything = [{ resources: ['*'], verbs: ['*'] }];

describe('the REST API on a real API server', () => {
  let setting: Setting;
  let admin: string;
  let red: string;
  let blue: string;
  let reader: string;

  async function ask(token: string | undefined, path: string, init: RequestInit = {}) {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    if (init.body !== undefined && !headers.has('content-type'))
      headers.set('content-type', 'application/json');
    const response = await fetch(`${setting.url}${path}`, { ...init, headers });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  const post = (token: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
    ask(token, path, { method: 'POST', body: JSON.stringify(body), headers });

  beforeAll(async () => {
    setting = await startSetting();
    admin = await setting.token('everything', { rules: everything });
    const tenant = [{ resources: ['allocations'], verbs: ['get', 'list', 'watch', 'create', 'delete'] }];
    for (const name of ['red', 'blue']) await setting.client.create(namespaces, { metadata: { name } });
    red = await setting.token('red', { namespace: 'red', rules: tenant });
    blue = await setting.token('blue', { namespace: 'blue', rules: tenant });
    reader = await setting.token('reader', {
      rules: [{ resources: ['machines', 'zones'], verbs: ['get', 'list', 'watch'] }],
    });
    await setting.client.create(machineKind, aMachine('m-1', 1));
    await setting.client.create(machineKind, aMachine('m-2', 2));
    await until(
      'the server knows the machines',
      async () => (await ask(admin, '/api/v1/machines')).body.total === 2,
    );
  });
  afterAll(() => setting.stop());

  describe('callers', () => {
    it('without a token, with a foreign one, or with one for another audience are unauthenticated', async () => {
      const foreign = await setting.tokenOf('everything', { audience: 'somebody-else' });
      for (const token of [undefined, 'abc.def.ghi', foreign]) {
        const { status, body, headers } = await ask(token, '/api/v1/machines');
        expect([status, body.code]).toEqual([401, 'Unauthenticated']);
        expect(headers.get('www-authenticate')).toBe('Bearer');
        expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
      }
    });

    it('without rights are told which right is missing', async () => {
      const { status, body } = await ask(red, '/api/v1/machines');
      expect([status, body.code]).toEqual([403, 'Forbidden']);
      expect(body.detail).toBe(
        'system:serviceaccount:people:red may not list machines.metalwright.dev, and list no Allocations: a role of RBAC is needed',
      );
    });

    it('are refused a write by the API server, in its words', async () => {
      const { status, body } = await post(reader, '/api/v1/zones', { metadata: { name: 'z' }, spec: {} });
      expect([status, body.code]).toEqual([403, 'Forbidden']);
      expect(body.detail).toMatch(
        /User "system:serviceaccount:people:reader" cannot create resource "zones"/,
      );
    });
  });

  describe('tenants', () => {
    const order = (name: string) => {
      const { spec } = anAllocation(name, {});
      return { metadata: { name }, spec };
    };

    it('see their own Allocations, in lists, one by one and in streams, and no others', async () => {
      const abort = new AbortController();
      const response = await fetch(`${setting.url}/api/v1/watch?resources=allocations`, {
        headers: { authorization: `Bearer ${red}` },
        signal: abort.signal,
      });
      const events = collect(response);
      await expect.poll(() => events.text()).toContain('event: hello');

      expect((await post(blue, '/api/v1/namespaces/blue/allocations', order('secret-blue'))).status).toBe(
        201,
      );
      expect((await post(red, '/api/v1/namespaces/red/allocations', order('mine'))).status).toBe(201);
      const listed = await ask(red, '/api/v1/allocations');
      expect(listed.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
        'mine',
      ]);
      expect(listed.body.total).toBe(1);
      expect((await ask(red, '/api/v1/namespaces/blue/allocations')).status).toBe(403);
      expect((await ask(red, '/api/v1/namespaces/blue/allocations/secret-blue')).status).toBe(403);
      expect((await ask(red, '/api/v1/namespaces/red/allocations/mine')).status).toBe(200);
      expect((await ask(admin, '/api/v1/allocations')).body.total).toBe(2);

      await expect.poll(() => events.text()).toContain('"name":"mine"');
      expect(events.text()).not.toContain('secret-blue');
      expect((await ask(red, '/api/v1/watch?resources=allocations&namespace=blue')).status).toBe(403);
      abort.abort();
    });

    it('cannot write into the namespace of another, wherever the body says that it goes', async () => {
      expect((await post(red, '/api/v1/namespaces/blue/allocations', order('x'))).status).toBe(403);
      const sly = { ...order('x'), metadata: { name: 'x', namespace: 'blue' } };
      expect((await post(red, '/api/v1/namespaces/red/allocations', sly)).status).toBe(400);
    });

    it('lose their stream when their right is taken away', async () => {
      const token = await setting.token('leaver', {
        namespace: 'red',
        rules: [{ resources: ['allocations'], verbs: ['watch'] }],
      });
      const response = await fetch(`${setting.url}/api/v1/watch?resources=allocations&namespace=red`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const events = collect(response);
      await expect.poll(() => events.text()).toContain('event: hello');
      await setting.removeBinding('leaver', 'red');
      await expect.poll(() => events.text(), { timeout: 25_000 }).toContain('"reason":"Forbidden"');
    });
  });

  describe('objects', () => {
    it('are made, read, changed, replaced and deleted, each with its version', async () => {
      const zone = { metadata: { name: 'north', labels: { site: 'a' } }, spec: { description: 'one' } };
      const made = await post(admin, '/api/v1/zones', zone);
      expect([made.status, made.headers.get('location')]).toEqual([201, '/api/v1/zones/north']);
      const etag = made.headers.get('etag') ?? '';
      expect((await post(admin, '/api/v1/zones', zone)).body.code).toBe('AlreadyExists');

      const read = await ask(admin, '/api/v1/zones/north');
      expect(read.headers.get('etag')).toBe(etag);
      expect((await ask(admin, '/api/v1/zones/north', { headers: { 'if-none-match': etag } })).status).toBe(
        304,
      );

      const patch = (description: string, version: string) =>
        ask(admin, '/api/v1/zones/north', {
          method: 'PATCH',
          body: JSON.stringify({ spec: { description } }),
          headers: { 'content-type': 'application/merge-patch+json', 'if-match': version },
        });
      const patched = await patch('two', etag);
      expect([patched.status, patched.body.spec.description]).toEqual([200, 'two']);
      const late = await patch('three', etag);
      expect([late.status, late.body.code]).toEqual([412, 'PreconditionFailed']);

      const replace = (headers: Record<string, string>) =>
        ask(admin, '/api/v1/zones/north', { method: 'PUT', body: JSON.stringify(zone), headers });
      expect((await replace({})).body.code).toBe('PreconditionRequired');
      expect((await replace({ 'if-match': etag })).status).toBe(412);
      const replaced = await replace({ 'if-match': patched.headers.get('etag') ?? '' });
      expect([replaced.status, replaced.body.spec.description]).toEqual([200, 'one']);

      const remove = (query = '') => ask(admin, `/api/v1/zones/north${query}`, { method: 'DELETE' });
      expect((await remove('?dryRun=true')).status).toBe(204);
      expect((await ask(admin, '/api/v1/zones/north')).status).toBe(200);
      expect((await remove()).status).toBe(204);
      expect((await ask(admin, '/api/v1/zones/north')).body.code).toBe('NotFound');
      expect((await remove()).body.code).toBe('NotFound');
    });

    it('that break a rule are refused with the fields that are wrong', async () => {
      const bad = await post(admin, '/api/v1/subnets', {
        metadata: { name: 's' },
        spec: { vlan: 'v', cidr: '10.0.0.1/24' },
      });
      expect([bad.status, bad.body.code]).toEqual([422, 'Invalid']);
      expect(bad.body.errors).toContainEqual(expect.objectContaining({ field: 'body.spec.cidr' }));
      const typo = await post(admin, '/api/v1/zones', { metadata: { name: 's' }, spec: { descripton: 'x' } });
      expect([typo.status, typo.body.detail]).toEqual([400, expect.stringContaining('spec.descripton')]);
    });

    it('are tried without being stored', async () => {
      const tried = await post(admin, '/api/v1/zones?dryRun=true', { metadata: { name: 'tried' }, spec: {} });
      expect(tried.status).toBe(201);
      expect((await ask(admin, '/api/v1/zones/tried')).status).toBe(404);
    });

    it('are made once for an idempotency key', async () => {
      const request = { metadata: { generateName: 'once-' }, spec: {} };
      const key = { 'idempotency-key': 'k-1' };
      const both = await Promise.all([
        post(admin, '/api/v1/pools', request, key),
        post(admin, '/api/v1/pools', request, key),
      ]);
      expect(both[0]?.body.metadata.name).toBe(both[1]?.body.metadata.name);
      const other = await post(admin, '/api/v1/pools', { ...request, spec: { description: 'x' } }, key);
      expect([other.status, other.body.code]).toEqual([422, 'IdempotencyKeyReused']);
    });

    it('are written in the name of the user', async () => {
      await post(admin, '/api/v1/zones', { metadata: { name: 'signed' }, spec: {} });
      const stored = await setting.fieldManagers('zones', 'signed');
      expect(stored).toContain('metalwright-api');
    });
  });

  it('counts machines, and takes one action for many', async () => {
    expect((await ask(reader, '/api/v1/counts')).body).toMatchObject({
      machines: { total: 2, byPool: { default: 2 } },
    });
    const order = { names: ['m-1', 'missing', 'm-2'], action: 'PowerStatus' };
    const { status, body } = await post(admin, '/api/v1/machines/actions', order);
    expect([status, body.created, body.failed]).toEqual([200, 2, 1]);
    expect(body.results[1].problem.code).toBe('NotFound');
    const made = await ask(admin, `/api/v1/machine-actions/${body.results[0].action}`);
    expect(made.body.spec).toEqual({ machine: 'm-1', action: 'PowerStatus' });
    const refused = await post(reader, '/api/v1/machines/actions', order);
    expect(refused.body.results.map((result: { problem: { code: string } }) => result.problem.code)).toEqual([
      'Forbidden',
      'NotFound',
      'Forbidden',
    ]);
  });

  it('goes on with a stream where it broke', async () => {
    const open = (lastEventId?: string) =>
      fetch(`${setting.url}/api/v1/watch?resources=zones`, {
        headers: {
          authorization: `Bearer ${admin}`,
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        },
      });
    const first = collect(await open());
    await expect.poll(() => first.text()).toContain('event: hello');
    const [, id = ''] = /id: (\S+)/.exec(first.text()) ?? [];
    first.close();
    await post(admin, '/api/v1/zones', { metadata: { name: 'meanwhile' }, spec: {} });
    const second = collect(await open(id));
    await expect.poll(() => second.text()).toContain('"name":"meanwhile"');
    expect(second.text()).not.toContain('event: resync');
    second.close();
    const third = collect(await open('0-7'));
    await expect.poll(() => third.text()).toContain('event: resync');
    third.close();
  });
});

/** Reads a stream for as long as it is open. */
function collect(response: Response) {
  let text = '';
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => {
    for (;;) {
      const piece = await reader?.read();
      if (piece === undefined || piece.done) return;
      text += piece.value;
    }
  };
  read().catch(() => undefined);
  return { text: () => text, close: () => void reader?.cancel().catch(() => undefined) };
}
