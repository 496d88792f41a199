import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { aMachine } from '../../test/fixtures/objects.ts';
import { machineKind } from '../api/machine/schema.ts';
import { zoneKind } from '../api/zone/schema.ts';
import { createManualTimers } from '../kube/manual-timers.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

const ends: TestServer[] = [];
afterEach(async () => {
  for (const server of ends.splice(0)) await server.stop();
});

async function setting(options: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer(options);
  ends.push(server);
  const ask = async (
    url: string,
    init: {
      method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS' | 'PATCH';
      headers?: Record<string, string>;
      body?: string;
      token?: string;
    } = {},
  ) => {
    const { token = 'admin', headers = {}, body, method = 'GET' } = init;
    const answer = await server.app.inject({
      method,
      url,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const isJson = String(answer.headers['content-type']).includes('json');
    return { status: answer.statusCode, headers: answer.headers, body: isJson ? answer.json() : answer.body };
  };
  return { server, ask };
}

describe('the server', () => {
  it('is alive and ready for everybody', async () => {
    const { ask } = await setting();
    expect([
      (await ask('/healthz', { token: '' })).status,
      (await ask('/readyz', { token: '' })).status,
    ]).toEqual([200, 200]);
  });

  it.each([
    ['a path that there is not', '/api/v1/nothing', {}, 404, 'NotFound'],
    ['a path that there is not, for a stranger', '/api/v1/nothing', { token: '' }, 401, 'Unauthenticated'],
    ['a method that the path does not know', '/api/v1/counts', { method: 'DELETE' }, 405, 'MethodNotAllowed'],
    [
      'a preflight of another origin',
      '/api/v1/zones',
      { method: 'OPTIONS', headers: { origin: 'https://evil.example' } },
      405,
      'MethodNotAllowed',
    ],
    [
      'a media type that is not served',
      '/api/v1/counts',
      { headers: { accept: 'text/html' } },
      406,
      'NotAcceptable',
    ],
    ['a parameter that is not known', '/api/v1/zones?colour=red', {}, 400, 'BadRequest'],
    ['a limit beyond the limit', '/api/v1/zones?limit=501', {}, 400, 'BadRequest'],
    ['a cursor that was made up', '/api/v1/zones?cursor=e30.AAAA', {}, 400, 'BadCursor'],
    ['a name that is none', '/api/v1/zones/UPPER', {}, 400, 'BadRequest'],
    ['a body that is no JSON', '/api/v1/zones', { method: 'POST', body: '{' }, 400, 'BadRequest'],
    [
      'a body that is nested without end',
      '/api/v1/zones',
      { method: 'POST', body: '['.repeat(100_000) },
      400,
      'BadRequest',
    ],
    [
      'a body with a prototype',
      '/api/v1/zones',
      { method: 'POST', body: '{"__proto__": {}}' },
      400,
      'BadRequest',
    ],
    [
      'a body of another type',
      '/api/v1/zones',
      { method: 'POST', body: 'a', headers: { 'content-type': 'text/plain' } },
      415,
      'UnsupportedMediaType',
    ],
    [
      'a body that is too large',
      '/api/v1/zones',
      { method: 'POST', body: `"${'x'.repeat(1_100_000)}"` },
      413,
      'BodyTooLarge',
    ],
    ['a name that is far too long', `/api/v1/zones/${'x'.repeat(2_000)}`, {}, 400, 'BadRequest'],
    ['a path that cannot be decoded', '/api/v1/zones/%E0%A4%A', {}, 400, 'BadRequest'],
  ] as const)('answers %s as a problem', async (_sentence, url, init, status, code) => {
    const { ask } = await setting();
    const answer = await ask(url, init);
    expect([answer.status, answer.body.code, answer.body.status]).toEqual([status, code, status]);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['x-request-id']).toBe(answer.body.requestId);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('keeps a decent request id, and makes one for others', async () => {
    const { ask } = await setting();
    expect((await ask('/healthz', { headers: { 'x-request-id': 'abc-1' } })).headers['x-request-id']).toBe(
      'abc-1',
    );
    expect((await ask('/healthz', { headers: { 'x-request-id': 'a b' } })).headers['x-request-id']).toMatch(
      /^[0-9a-f-]{36}$/,
    );
  });

  it('believes the API server for ten seconds, a refusal for two, and each token for itself', async () => {
    const timers = createManualTimers();
    const { server, ask } = await setting({ timers });
    server.rules.tokens = { one: 'reader', two: 'reader' };
    const status = async (token: string) => (await ask('/api/v1/zones', { token })).status;
    expect(await status('one')).toBe(403);
    server.rules.rights = { reader: ['list zones'] };
    expect([await status('one'), await status('two')]).toEqual([403, 200]);
    await timers.advance(2_001);
    expect(await status('one')).toBe(200);
    const asked = server.reviews();
    expect([await status('one'), server.reviews()]).toEqual([200, asked]);
    server.rules.tokens = {};
    await timers.advance(10_001);
    expect(await status('one')).toBe(401);
  });

  it('pages through a list that changes meanwhile', async () => {
    const { server, ask } = await setting();
    for (const name of ['a', 'c', 'd', 'e'])
      await server.memory.create(zoneKind, { metadata: { name }, spec: {} });
    await expect.poll(async () => (await ask('/api/v1/zones')).body.total).toBe(4);
    const first = (await ask('/api/v1/zones?limit=2')).body;
    await server.memory.create(zoneKind, { metadata: { name: 'b' }, spec: {} });
    await server.memory.delete(zoneKind, 'd');
    await expect.poll(async () => (await ask('/api/v1/zones/d')).status).toBe(404);
    const second = (await ask(`/api/v1/zones?limit=2&cursor=${first.next}`)).body;
    const names = [first, second].map(({ items }) =>
      items.map((item: { metadata: { name: string } }) => item.metadata.name),
    );
    expect(names).toEqual([['a', 'c'], ['e']]);
    expect(second.next).toBeUndefined();
    expect((await ask(`/api/v1/pools?limit=2&cursor=${first.next}`)).body.code).toBe('BadCursor');
  });

  it('answers 304 to whoever has the list already', async () => {
    const { server, ask } = await setting();
    await server.memory.create(machineKind, aMachine({ name: 'm' }));
    await expect.poll(async () => (await ask('/api/v1/machines')).body.total).toBe(1);
    const etag = String((await ask('/api/v1/machines')).headers.etag);
    expect((await ask('/api/v1/machines', { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect(
      (await ask('/api/v1/machines?fields=spec.pool', { headers: { 'if-none-match': etag } })).status,
    ).toBe(200);
  });
});

describe('clients that behave badly', () => {
  it('send a body of a gigabyte: refused before it is read', async () => {
    const { server } = await setting();
    const { port } = await server.listen({ address: '127.0.0.1', port: 0 });
    const status = await new Promise((resolve, reject) => {
      const sent = httpRequest(
        {
          port,
          method: 'POST',
          path: '/api/v1/zones',
          headers: {
            authorization: 'Bearer admin',
            'content-type': 'application/json',
            'content-length': 1024 ** 3,
          },
        },
        (response) => resolve(response.statusCode),
      );
      sent.on('error', reject);
      sent.write('{');
    });
    expect(status).toBe(413);
  });

  it('send a body without a length that does not end: cut off at the limit', async () => {
    const { server } = await setting({ limits: { bodyBytes: 10_000 } });
    const { port } = await server.listen({ address: '127.0.0.1', port: 0 });
    const status = await new Promise((resolve) => {
      const sent = httpRequest(
        {
          port,
          method: 'POST',
          path: '/api/v1/zones',
          headers: { authorization: 'Bearer admin', 'content-type': 'application/json' },
        },
        (response) => resolve(response.statusCode),
      );
      sent.on('error', () => undefined);
      for (let piece = 0; piece < 20; piece += 1) sent.write('['.repeat(1_000));
    });
    expect(status).toBe(413);
  });

  it('send their head too slowly: cut off', async () => {
    const { server } = await setting({ limits: { headersMs: 100 } });
    const { port } = await server.listen({ address: '127.0.0.1', port: 0 });
    const said = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('GET /healthz HTTP/1.1\r\n'));
      socket.on('data', (piece) => (text += piece));
      socket.on('close', () => resolve(text));
    });
    expect(said).toMatch(/^HTTP\/1.1 408 /);
  });
});
