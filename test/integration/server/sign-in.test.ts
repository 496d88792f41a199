import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secrets } from '../../../src/kube/core-resources.ts';
import { type Setting, startSetting } from './setting.ts';

/** Sessions and API keys of people whom a real API server knows, with the rights that the guide gives to the server. */
describe('somebody who signs in', () => {
  let setting: Setting;
  let token = '';

  beforeAll(async () => {
    setting = await startSetting();
    token = await setting.token('ann', {
      rules: [
        { resources: ['zones'], verbs: ['list', 'get', 'create', 'delete'] },
        { resources: ['machines'], verbs: ['list'] },
      ],
    });
  });
  afterAll(() => setting.stop());

  const json = { 'content-type': 'application/json', 'x-metalwright-request': '1' };
  const name = 'system:serviceaccount:people:ann';

  async function signIn(with_: string) {
    const answer = await fetch(`${setting.url}/api/v1/session`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ token: with_ }),
    });
    const cookie = answer.headers
      .getSetCookie()
      .map((text) => text.split(';', 1)[0])
      .join('; ');
    return { status: answer.status, cookie };
  }

  const makeZone = (zone: string, headers: Record<string, string>) =>
    fetch(`${setting.url}/api/v1/zones`, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: JSON.stringify({ metadata: { name: zone }, spec: {} }),
    });

  it('has a session with a token, the rights of RBAC, and writes in their own name', async () => {
    const { status, cookie } = await signIn(token);
    expect(status).toBe(201);
    const who = await (await fetch(`${setting.url}/api/v1/session`, { headers: { cookie } })).json();
    expect(who).toMatchObject({
      user: { name, groups: expect.arrayContaining(['system:authenticated']) },
      by: 'Session',
      rights: {
        zones: ['list', 'create', 'delete'],
        machines: ['list'],
        subnets: [],
      },
    });
    expect((await makeZone('by-cookie', { cookie })).status).toBe(201);
    expect((await signIn('made-up')).status).toBe(401);
  });

  it('makes a key that acts as they do, is kept as a hash, and is gone when it is revoked', async () => {
    const made = await fetch(`${setting.url}/api/v1/api-keys`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${token}` },
      body: '{"name": "ci"}',
    });
    expect(made.status).toBe(201);
    const { id, key }: { id: string; key: string } = JSON.parse(await made.text());
    const authorization = `Bearer ${key}`;
    expect((await makeZone('by-key', { authorization })).status).toBe(201);
    const subnets = await fetch(`${setting.url}/api/v1/subnets`, { headers: { authorization } });
    expect(subnets.status).toBe(403);
    const kept = await setting.client.get(secrets, 'metalwright-api-keys', 'metalwright-system');
    const record = Buffer.from(kept?.data?.[id] ?? '', 'base64').toString();
    expect(JSON.parse(record)).toMatchObject({ name: 'ci', owner: { username: name } });
    expect(JSON.stringify(kept)).not.toContain(key.replace(/^mwk_[0-9a-f]{16}_/, ''));
    const revoked = await fetch(`${setting.url}/api/v1/api-keys/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(revoked.status).toBe(204);
    expect((await makeZone('too-late', { authorization })).status).toBe(401);
  });

  it('is told what the server lacks when there is no Secret for keys', async () => {
    await setting.client.delete(secrets, 'metalwright-api-keys', { namespace: 'metalwright-system' });
    const make = () =>
      fetch(`${setting.url}/api/v1/api-keys`, {
        method: 'POST',
        headers: { ...json, authorization: `Bearer ${token}` },
        body: '{"name": "ci"}',
      });
    const answer = await make();
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'Misconfigured' });
  });
});
