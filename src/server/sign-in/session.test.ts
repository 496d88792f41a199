import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { createSealer } from './seal.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const ours = { 'x-metalwright-request': '1' };

/** A server, and a browser that keeps its cookies. */
async function setting(options: Parameters<typeof startTestServer>[0] = {}) {
  const clock = { now: Date.parse('2026-11-23T09:00:00Z') };
  const signIn = { now: () => clock.now, ...options.signIn };
  const server = await startTestServer({ ...options, signIn });
  servers.push(server);
  const jar = new Map<string, string>();
  const ask = async (
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    init: { headers?: Record<string, string>; body?: object; via?: TestServer } = {},
  ) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await (init.via ?? server).app.inject({
      method,
      url,
      headers: {
        ...(cookie === '' ? {} : { cookie }),
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...init.headers,
      },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
    for (const { name, value, maxAge } of answer.cookies) {
      if (maxAge === 0) jar.delete(name);
      else jar.set(name, value);
    }
    return { status: answer.statusCode, headers: answer.headers, cookies: answer.cookies, text: answer.body };
  };
  const signInWith = (token: string) => ask('POST', '/api/v1/session', { headers: ours, body: { token } });
  return { server, clock, jar, ask, signInWith };
}

describe('a browser’s session', () => {
  it('begins with a token, is somebody, and ends', async () => {
    const { ask, signInWith, jar, server } = await setting();
    server.rules.tokens.ann = 'ann';
    server.rules.rights.ann = ['list zones', 'create machineactions'];
    expect((await ask('GET', '/api/v1/session')).status).toBe(401);
    const begun = await signInWith('ann');
    expect(begun.status).toBe(201);
    expect(JSON.parse(begun.text)).toEqual({
      user: { name: 'ann', groups: [] },
      by: 'Session',
      session: {
        method: 'Token',
        issuedAt: '2026-11-23T09:00:00.000Z',
        expiresAt: '2026-11-23T21:00:00.000Z',
        idleExpiresAt: '2026-11-23T11:00:00.000Z',
      },
    });
    const who = JSON.parse((await ask('GET', '/api/v1/session')).text);
    expect(who).toMatchObject({
      user: { name: 'ann' },
      rights: { zones: ['list'], 'machine-actions': ['create'], machines: [] },
    });
    expect((await ask('GET', '/api/v1/zones')).status).toBe(200);
    expect((await ask('GET', '/api/v1/machines')).status).toBe(403);
    const copy = new Map(jar);
    expect((await ask('DELETE', '/api/v1/session', { headers: ours })).status).toBe(204);
    expect(jar.size).toBe(0);
    for (const [name, value] of copy) jar.set(name, value);
    expect((await ask('GET', '/api/v1/session')).status).toBe(401);
  });

  it('tells administrators with one question that they may do everything', async () => {
    const { ask, signInWith, server } = await setting();
    await signInWith('admin');
    const before = server.reviews();
    const { rights } = JSON.parse((await ask('GET', '/api/v1/session')).text);
    expect(rights.machines).toEqual(['list', 'watch', 'create', 'replace', 'patch', 'delete']);
    expect(server.reviews() - before).toBe(1);
  });

  it('does not begin with a token that nobody knows', async () => {
    const { signInWith, jar } = await setting();
    expect((await signInWith('stranger')).status).toBe(401);
    expect(jar.size).toBe(0);
  });

  it('has a cookie that scripts cannot read and other hosts do not get', async () => {
    const { signInWith } = await setting({ signIn: { publicUrl: new URL('https://mw.example') } });
    const [cookie] = (await signInWith('admin')).cookies;
    expect(cookie).toMatchObject({
      name: '__Host-metalwright-session',
      path: '/',
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
    });
    expect(cookie).not.toHaveProperty('domain');
    expect(JSON.stringify(cookie)).not.toContain('admin');
  });

  it('ends when nobody uses it, goes on when somebody does, and ends in the end', async () => {
    const { ask, signInWith, clock } = await setting();
    await signInWith('admin');
    for (let hour = 1; hour < 12; hour += 1) {
      clock.now += 3_600_000;
      expect((await ask('GET', '/api/v1/counts')).status).toBe(200);
    }
    clock.now += 3_600_000;
    expect((await ask('GET', '/api/v1/counts')).status).toBe(401);
    await signInWith('admin');
    clock.now += 2 * 3_600_000;
    expect((await ask('GET', '/api/v1/counts')).status).toBe(401);
  });

  it('is of use at another server with the same key, and at none without', async () => {
    const [old, fresh] = [randomBytes(32), randomBytes(32)];
    const first = await setting({ signIn: { sealer: () => createSealer([old]) } });
    await first.signInWith('admin');
    const status = async (secrets: Buffer[]) => {
      const other = await setting({ signIn: { sealer: () => createSealer(secrets) } });
      return (await first.ask('GET', '/api/v1/counts', { via: other.server })).status;
    };
    expect([await status([old]), await status([fresh, old]), await status([fresh])]).toEqual([200, 200, 401]);
  });

  it('holds a token that is too long for one cookie', async () => {
    const { signInWith, ask, jar, server } = await setting();
    const token = 'x'.repeat(6_000);
    server.rules.tokens[token] = 'admin';
    await signInWith(token);
    expect(jar.size).toBe(3);
    expect((await ask('GET', '/api/v1/counts')).status).toBe(200);
    await signInWith('admin');
    expect(jar.size).toBe(1);
    expect((await ask('GET', '/api/v1/counts')).status).toBe(200);
  });

  it.each([
    ['without the header', {}, 403],
    ['with the header', ours, 404],
    ['of our origin', { ...ours, origin: 'http://localhost:80', 'sec-fetch-site': 'same-origin' }, 404],
    ['of another origin', { ...ours, origin: 'https://evil.example' }, 403],
    ['of another site', { ...ours, 'sec-fetch-site': 'cross-site' }, 403],
    ['of a neighbouring host', { ...ours, 'sec-fetch-site': 'same-site' }, 403],
    ['of a page without an origin', { ...ours, origin: 'null' }, 403],
    ['with a token beside the cookie', { authorization: 'Bearer admin' }, 404],
  ])('changes something by a request %s: as it should', async (_sentence, headers, status) => {
    const { ask, signInWith } = await setting();
    await signInWith('admin');
    expect((await ask('DELETE', '/api/v1/zones/none', { headers })).status).toBe(status);
  });

  it('cannot be forced upon somebody by another page', async () => {
    const { ask, jar } = await setting();
    const begin = (headers: Record<string, string>) =>
      ask('POST', '/api/v1/session', { headers, body: { token: 'admin' } });
    expect((await begin({})).status).toBe(403);
    expect((await begin({ ...ours, origin: 'https://evil.example' })).status).toBe(403);
    expect(jar.size).toBe(0);
  });
});
