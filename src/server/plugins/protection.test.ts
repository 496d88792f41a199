import { afterEach, describe, expect, it } from 'vitest';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function setting(options: Parameters<typeof startTestServer>[0]) {
  const server = await startTestServer(options);
  servers.push(server);
  const ask = async (
    url: string,
    headers: Record<string, string> = {},
    more: { remoteAddress?: string; method?: 'GET' | 'OPTIONS' | 'POST'; body?: string } = {},
  ) => {
    const answer = await server.app.inject({ method: 'GET', url, headers, ...more });
    return { status: answer.statusCode, headers: answer.headers };
  };
  return { server, ask };
}

const admin = { authorization: 'Bearer admin' };
const signIn = { 'x-metalwright-request': '1', 'content-type': 'application/json' };

describe('limits of rates', () => {
  it('stop a caller from anywhere, and nobody else', async () => {
    const rates = { caller: { perSecond: 1, burst: 2 } };
    const { server, ask } = await setting({ rates, timers: createManualTimers() });
    server.rules.tokens.ann = 'ann';
    const counts = (token: string, remoteAddress: string) =>
      ask('/api/v1/counts', { authorization: `Bearer ${token}` }, { remoteAddress });
    expect((await counts('admin', '192.0.2.1')).status).toBe(200);
    expect((await counts('admin', '192.0.2.2')).status).toBe(200);
    const stopped = await counts('admin', '192.0.2.3');
    expect([stopped.status, stopped.headers['retry-after']]).toEqual([429, '1']);
    expect((await counts('ann', '192.0.2.1')).status).toBe(403);
  });

  it('stop an address, strangers sooner, and never the probes', async () => {
    const rates = { address: { perSecond: 1, burst: 22 } };
    const { ask } = await setting({ rates, timers: createManualTimers() });
    const [busy, strange] = [{ remoteAddress: '192.0.2.1' }, { remoteAddress: '192.0.2.2' }];
    for (let at = 0; at < 22; at += 1) expect((await ask('/api/v1/counts', admin, busy)).status).toBe(200);
    expect((await ask('/api/v1/counts', admin, busy)).status).toBe(429);
    expect((await ask('/readyz', {}, busy)).status).toBe(200);
    const stranger = () => ask('/api/v1/counts', { authorization: 'Bearer guess' }, strange);
    expect([(await stranger()).status, (await stranger()).status, (await stranger()).status]).toEqual([
      401, 401, 429,
    ]);
  });

  it('stop those who try to sign in', async () => {
    const rates = { signIn: { perSecond: 0.5, burst: 2 } };
    const timers = createManualTimers();
    const { ask } = await setting({ rates, timers });
    const attempt = async () => {
      const more = { method: 'POST', body: '{"token": "guess"}' } as const;
      const { status, headers } = await ask('/api/v1/session', signIn, more);
      return [status, headers['retry-after']];
    };
    expect([await attempt(), await attempt(), await attempt()]).toEqual([
      [401, undefined],
      [401, undefined],
      [429, '2'],
    ]);
    expect((await ask('/api/v1/counts', admin)).status).toBe(200);
  });

  it('believe a proxy that is trusted, and no other', async () => {
    const rates = { address: { perSecond: 1, burst: 1 } };
    const { ask } = await setting({ rates, timers: createManualTimers(), trustedProxies: ['192.0.2.0/28'] });
    const via = async (proxy: string, client: string) =>
      (await ask('/api/v1/counts', { ...admin, 'x-forwarded-for': client }, { remoteAddress: proxy })).status;
    expect([await via('192.0.2.1', '198.51.100.1'), await via('192.0.2.1', '198.51.100.2')]).toEqual([
      200, 200,
    ]);
    expect(await via('192.0.2.1', '198.51.100.1')).toBe(429);
    expect([await via('192.0.2.99', '198.51.100.3'), await via('192.0.2.99', '198.51.100.4')]).toEqual([
      200, 429,
    ]);
  });
});

describe('other origins', () => {
  const preflight = (origin: string) => ({
    origin,
    'access-control-request-method': 'DELETE',
    'access-control-request-headers': 'authorization',
  });

  it('are told nothing by default', async () => {
    const { ask } = await setting({});
    const answer = await ask('/api/v1/counts', { ...admin, origin: 'https://tool.example' });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    const asked = await ask('/api/v1/counts', preflight('https://tool.example'), { method: 'OPTIONS' });
    expect(asked.status).toBe(401);
  });

  it('may ask with a token where they are listed, and get no cookies', async () => {
    const { ask } = await setting({ corsOrigins: ['https://tool.example'] });
    const asked = await ask('/api/v1/counts', preflight('https://tool.example'), { method: 'OPTIONS' });
    expect(asked.status).toBe(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': 'https://tool.example',
      'access-control-allow-methods': expect.stringContaining('DELETE'),
      'access-control-allow-headers': expect.stringContaining('authorization'),
    });
    expect(asked.headers['access-control-allow-credentials']).toBeUndefined();
    const answer = await ask('/api/v1/counts', { ...admin, origin: 'https://tool.example' });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([
      200,
      'https://tool.example',
    ]);
    const evil = await ask('/api/v1/counts', preflight('https://evil.example'), { method: 'OPTIONS' });
    expect([evil.status, evil.headers['access-control-allow-origin']]).toEqual([401, undefined]);
  });
});

describe('TLS', () => {
  it.each([
    ['is demanded of browsers that reach us by it', 'https://mw.example', 'max-age=31536000'],
    ['is not spoken of where there is none', 'http://localhost:7482', undefined],
  ])('%s', async (_sentence, publicUrl, expected) => {
    const { ask } = await setting({ signIn: { publicUrl: new URL(publicUrl) } });
    expect((await ask('/healthz')).headers['strict-transport-security']).toBe(expected);
  });
});
