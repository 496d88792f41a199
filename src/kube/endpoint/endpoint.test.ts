import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import type { Access } from './access-review.ts';
import { createEndpoint, jsonAnswer, textAnswer } from './endpoint.ts';
import { keepOpen } from './kept-open.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function setting(access: Access = 'Allowed') {
  const asked: string[] = [];
  const endpoint = createEndpoint({
    routes: [
      { path: '/healthz', open: true, handle: () => textAnswer('ok') },
      { path: '/leases', handle: (query) => jsonAnswer({ mac: query.get('mac') }) },
      {
        path: '/broken',
        open: true,
        handle: () => {
          throw new Error('a test');
        },
      },
    ],
    access: async (token, path) => {
      asked.push(`${token} ${path}`);
      return access;
    },
    log: silentLogger,
  });
  const { port } = await endpoint.listen({ address: '127.0.0.1', port: 0 });
  ends.push(() => endpoint.close());
  const get = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init);
  return { get, asked, port };
}

const bearer = { headers: { authorization: 'Bearer abc.def-1' } };

describe('the endpoint', () => {
  it('lets everybody read what is open, and asks nobody', async () => {
    const { get, asked } = await setting('Forbidden');
    const response = await get('/healthz');
    expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
    expect(asked).toEqual([]);
  });

  it('gives who may what they ask for', async () => {
    const { get, asked } = await setting();
    const response = await get('/leases?mac=x', bearer);
    expect([response.status, await response.json()]).toEqual([200, { mac: 'x' }]);
    expect(asked).toEqual(['abc.def-1 /leases']);
  });

  it.each<[Access, number]>([
    ['Unauthenticated', 401],
    ['Forbidden', 403],
    ['Unknown', 503],
  ])('answers %s with %i', async (access, status) => {
    const { get } = await setting(access);
    expect((await get('/leases', bearer)).status).toBe(status);
  });

  it.each([
    ['no token', {}],
    ['another scheme', { headers: { authorization: 'Basic YTpi' } }],
    ['a token with blanks', { headers: { authorization: 'Bearer a b' } }],
    ['an empty token', { headers: { authorization: 'Bearer ' } }],
  ])('answers %s with 401 and does not ask', async (_sentence, init) => {
    const { get, asked } = await setting();
    const response = await get('/leases', init);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(asked).toEqual([]);
  });

  it('does not tell strangers what there is', async () => {
    const { get } = await setting('Forbidden');
    expect((await get('/nothing')).status).toBe(401);
    expect((await get('/nothing', bearer)).status).toBe(403);
    const { get: allowed } = await setting('Allowed');
    expect((await allowed('/nothing', bearer)).status).toBe(404);
  });

  it.each(['/../leases', '/./leases', '//leases/../leases', '/healthz/../leases'])(
    'asks for the path that is meant by %s',
    async (path) => {
      const { port } = await setting('Forbidden');
      const [head] = (await raw(port, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)).split(
        '\r\n',
      );
      expect(head).toMatch(/ 40[0134] /);
    },
  );

  it('is read only, and answers HEAD without a body', async () => {
    const { get } = await setting();
    expect((await get('/leases', { ...bearer, method: 'DELETE' })).status).toBe(405);
    const head = await get('/leases', { ...bearer, method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '13', '']);
  });

  it('hides what went wrong inside', async () => {
    const { get } = await setting();
    const response = await get('/broken');
    expect([response.status, await response.text()]).toEqual([500, 'failed\n']);
  });
});

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

describe('an endpoint whose port is taken', () => {
  it('says so and why, and stops cleanly', async () => {
    const { port } = await setting();
    const routes = [{ path: '/healthz', open: true, handle: () => textAnswer('ok') }];
    const kept = keepOpen({
      create: () => createEndpoint({ routes, access: async () => 'Unknown', log: silentLogger }),
      where: { address: '127.0.0.1', port },
      explain: async () => '; held by a test',
      log: silentLogger,
    });
    kept.start();
    await expect.poll(() => kept.problem()).toMatch(/EADDRINUSE.*held by a test/);
    await kept.stop();
  });
});
