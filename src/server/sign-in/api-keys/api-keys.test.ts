import { afterEach, describe, expect, it } from 'vitest';
import { secrets } from '../../../kube/core-resources.ts';
import { createManualTimers } from '../../../kube/manual-timers.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { keyIdOf, newKey } from './key.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const secret = { namespace: 'metalwright-system', name: 'metalwright-api-keys' };
const dayMs = 86_400_000;

async function setting() {
  const clock = { now: Date.parse('2026-11-23T09:00:00Z') };
  const timers = createManualTimers();
  const server = await startTestServer({
    timers,
    signIn: { now: () => clock.now },
  });
  servers.push(server);
  server.rules.tokens.ann = 'ann';
  server.rules.tokens.bob = 'bob';
  server.rules.rights.ann = ['list zones'];
  const ask = async (token: string, method: 'GET' | 'POST' | 'DELETE', url: string, body?: object) => {
    const answer = await server.app.inject({
      method,
      url,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, text: answer.body, json: () => answer.json() };
  };
  const make = async (token: string, body: object = { name: 'ci' }) => {
    const answer = await ask(token, 'POST', '/api/v1/api-keys', body);
    const made: { id: string; key: string; expiresAt: string } = answer.json();
    return made;
  };
  return { server, clock, timers, ask, make };
}

describe('an API key', () => {
  it('acts as whoever made it, and is kept as a hash', async () => {
    const { server, ask, make } = await setting();
    const made = await make('ann');
    expect(made).toMatchObject({ name: 'ci', expiresAt: '2027-02-21T09:00:00.000Z' });
    expect(made.key).toMatch(/^mwk_[0-9a-f]{16}_[\w-]{43}$/);
    expect((await ask(made.key, 'GET', '/api/v1/zones')).status).toBe(200);
    expect((await ask(made.key, 'GET', '/api/v1/machines')).status).toBe(403);
    expect((await ask(made.key, 'GET', '/api/v1/session')).json()).toMatchObject({
      user: { name: 'ann' },
      by: 'ApiKey',
    });
    const kept = await server.memory.get(secrets, secret.name, secret.namespace);
    const text = Object.values(kept?.data ?? {}).map((value) => Buffer.from(value, 'base64').toString());
    expect(text.join()).toContain('"username":"ann"');
    // The secret may have an underscore of its own.
    expect(text.join()).not.toContain(made.key.replace(/^mwk_[0-9a-f]{16}_/, ''));
  });

  it('is listed with its last use, without itself, for its owner alone', async () => {
    const { server, ask, make, timers } = await setting();
    const { key, id } = await make('ann');
    await ask(key, 'GET', '/api/v1/zones');
    await expect
      .poll(async () => (await server.memory.get(secrets, secret.name, secret.namespace))?.data)
      .toHaveProperty([`${id}.used`]);
    await timers.advance(5_000);
    const listed = await ask('ann', 'GET', '/api/v1/api-keys');
    expect(listed.json()).toEqual({
      items: [
        {
          id,
          name: 'ci',
          createdAt: '2026-11-23T09:00:00.000Z',
          expiresAt: '2027-02-21T09:00:00.000Z',
          lastUsedAt: '2026-11-23T09:00:00.000Z',
        },
      ],
    });
    expect((await ask('bob', 'GET', '/api/v1/api-keys')).json()).toEqual({ items: [] });
  });

  it('is good for nothing once it is revoked, which its owner alone can do', async () => {
    const { ask, make } = await setting();
    const { key, id } = await make('ann');
    expect((await ask('bob', 'DELETE', `/api/v1/api-keys/${id}`)).status).toBe(404);
    expect((await ask(key, 'GET', '/api/v1/zones')).status).toBe(200);
    expect((await ask('ann', 'DELETE', `/api/v1/api-keys/${id}`)).status).toBe(204);
    expect((await ask(key, 'GET', '/api/v1/zones')).status).toBe(401);
  });

  it('revoked at another replica is good for nothing within seconds', async () => {
    const { server, ask, make, timers } = await setting();
    const { key, id } = await make('ann');
    expect((await ask(key, 'GET', '/api/v1/zones')).status).toBe(200);
    await server.memory.patch(
      secrets,
      secret.name,
      { data: { [id]: null } },
      { namespace: secret.namespace },
    );
    await timers.advance(5_000);
    expect((await ask(key, 'GET', '/api/v1/zones')).status).toBe(401);
  });

  it('expires, and is cleared away when another is made', async () => {
    const { server, ask, make, clock, timers } = await setting();
    const { key, id } = await make('ann', { name: 'short', expiresInDays: 1 });
    clock.now += dayMs;
    expect((await ask(key, 'GET', '/api/v1/zones')).status).toBe(401);
    await timers.advance(5_000);
    await make('bob');
    const kept = await server.memory.get(secrets, secret.name, secret.namespace);
    expect(kept?.data).not.toHaveProperty(id);
  });

  it('makes no other key', async () => {
    const { ask, make } = await setting();
    const { key } = await make('ann');
    expect((await ask(key, 'POST', '/api/v1/api-keys', { name: 'more' })).status).toBe(403);
  });

  it('is one of twenty at most', async () => {
    const { ask, make, timers } = await setting();
    for (let at = 0; at < 20; at += 1) {
      await make('ann');
      await timers.advance(1_000);
    }
    const refused = await ask('ann', 'POST', '/api/v1/api-keys', { name: 'more' });
    expect([refused.status, refused.json().code]).toEqual([409, 'TooManyKeys']);
    expect((await ask('bob', 'POST', '/api/v1/api-keys', { name: 'his' })).status).toBe(201);
  });

  it.each([
    ['another secret', (key: string) => `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`],
    ['another id', (key: string) => key.replace(/_[0-9a-f]{16}_/, '_0123456789abcdef_')],
    ['half of itself', (key: string) => key.slice(0, 30)],
    ['nothing but its beginning', () => 'mwk_'],
  ])('is none with %s', async (_sentence, change) => {
    const { server, ask, make } = await setting();
    const { key } = await make('ann');
    const before = server.reviews();
    expect((await ask(change(key), 'GET', '/api/v1/zones')).status).toBe(401);
    expect(server.reviews()).toBe(before);
  });

  it.each([
    ['no name', {}],
    ['a name that is none', { name: 'a\nb' }],
    ['a life that is too long', { name: 'a', expiresInDays: 366 }],
    ['a life that is none', { name: 'a', expiresInDays: 0 }],
  ])('is not made with %s', async (_sentence, body) => {
    const { ask } = await setting();
    expect((await ask('ann', 'POST', '/api/v1/api-keys', body)).status).toBe(400);
  });

  it('is told from other tokens', () => {
    const { id, key } = newKey();
    expect([keyIdOf(key), keyIdOf('mwk_x'), keyIdOf('eyJhbGciOi.e30.x')]).toEqual([id, '', undefined]);
  });
});
