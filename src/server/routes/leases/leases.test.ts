import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { aRack, aSubnet } from '../../../../test/fixtures/objects.ts';
import { rackKind } from '../../../api/rack/schema.ts';
import { subnetKind } from '../../../api/subnet/schema.ts';
import { startTestServer } from '../../testing/server.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const lease = {
  address: '10.0.0.200',
  subnet: 'rack-a',
  mac: '52:54:00:00:00:01',
  client: '0152',
  state: 'Bound',
  end: '2026-01-01T01:00:00.000Z',
};

/** An admin endpoint of a rack; remembers what it was asked. */
async function aRackEndpoint(answer: { status: number; body: string }) {
  const asked: { url: string; token: string }[] = [];
  const server: Server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', token: request.headers.authorization ?? '' });
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { asked, url: `http://127.0.0.1:${port}` };
}

/** @param own the token of the server; undefined: it has none */
async function setting(
  adminUrls: Record<string, string | undefined>,
  { own }: { own: string | undefined } = { own: 'own' },
) {
  const server = await startTestServer({ racks: { token: async () => own } });
  endings.push(() => server.stop());
  for (const [name, adminUrl] of Object.entries(adminUrls)) {
    await server.memory.create(rackKind, aRack({ name }));
    if (adminUrl === undefined) continue;
    const written = { metadata: { name }, status: { adminUrl } };
    await server.memory.applyStatus(rackKind, written, { fieldManager: 'test' });
  }
  await server.memory.create(subnetKind, aSubnet({ name: 'rack-a' }));
  server.rules.tokens.stranger = 'stranger';
  server.rules.rights.stranger = ['get subnets'];
  const ask = async (url: string, bearer = 'admin') => {
    const answer = await server.app.inject({ url, headers: { authorization: `Bearer ${bearer}` } });
    return { status: answer.statusCode, body: answer.json() };
  };
  await expect.poll(async () => (await ask('/api/v1/subnets')).body.total).toBe(1);
  return Object.assign(ask, { server });
}

describe('leases', () => {
  it('come from all racks that answer, and the answer says which do not and why', async () => {
    const one = await aRackEndpoint({ status: 200, body: JSON.stringify({ items: [lease] }) });
    const two = await aRackEndpoint({ status: 403, body: 'not you' });
    const ask = await setting({
      a: one.url,
      b: two.url,
      c: 'http://127.0.0.1:1',
      d: undefined,
      e: 'http://192.0.2.1:7481',
    });
    const { status, body } = await ask('/api/v1/leases?state=Bound&limit=7');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      items: [{ ...lease, rack: 'a' }],
      complete: false,
      racks: [
        { name: 'a', state: 'Answered' },
        { name: 'b', state: 'Refused', detail: 'it answers 403 not you' },
        { name: 'c', state: 'Unreachable' },
        { name: 'd', state: 'NoEndpoint' },
        { name: 'e', state: 'Unreachable', detail: expect.stringContaining('TLS') },
      ],
    });
    expect(one.asked).toEqual([{ url: '/leases?limit=7&state=Bound', token: 'Bearer own' }]);
  });

  it('of a subnet are asked for by its name; an answer that makes no sense is no lease', async () => {
    const one = await aRackEndpoint({ status: 200, body: '{"items":[{"address":"x"}]}' });
    const ask = await setting({ a: one.url });
    const { body } = await ask('/api/v1/subnets/rack-a/leases');
    expect(body).toMatchObject({ items: [], complete: false, racks: [{ name: 'a', state: 'Refused' }] });
    expect(one.asked[0]?.url).toBe('/leases?limit=100&subnet=rack-a');
    expect((await ask('/api/v1/subnets/none/leases')).status).toBe(404);
  });

  it('are for those who may see leases of racks', async () => {
    const ask = await setting({});
    expect((await ask('/api/v1/leases', 'stranger')).status).toBe(403);
    expect((await ask('/api/v1/subnets/rack-a/leases', 'stranger')).status).toBe(403);
  });

  describe('of a server without a token of its own', () => {
    /** Signs in with a browser. @returns the cookie */
    async function signIn({ server }: Awaited<ReturnType<typeof setting>>, token: string): Promise<string> {
      const { cookies } = await server.app.inject({
        ...{ method: 'POST', url: '/api/v1/session', body: { token } },
        headers: { 'x-metalwright-request': '1' },
      });
      return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    }

    it('are asked for with the token that the caller shows, or has signed in with', async () => {
      const rack = await aRackEndpoint({ status: 200, body: JSON.stringify({ items: [lease] }) });
      const ask = await setting({ a: rack.url }, { own: undefined });
      expect((await ask('/api/v1/leases')).body.complete).toBe(true);
      const cookie = await signIn(ask, 'admin');
      const answer = await ask.server.app.inject({ url: '/api/v1/leases', headers: { cookie } });
      expect(answer.json()).toMatchObject({ items: [{ rack: 'a' }], complete: true });
      expect(rack.asked.map(({ token }) => token)).toEqual(['Bearer admin', 'Bearer admin']);
    });

    it('are not asked for by a browser whose person has not the right', async () => {
      const rack = await aRackEndpoint({ status: 200, body: JSON.stringify({ items: [lease] }) });
      const ask = await setting({ a: rack.url }, { own: undefined });
      const cookie = await signIn(ask, 'stranger');
      const answer = await ask.server.app.inject({ url: '/api/v1/leases', headers: { cookie } });
      expect([answer.statusCode, rack.asked]).toEqual([403, []]);
    });

    it('cannot be asked for by a person without a token: the answer says what helps', async () => {
      const ask = await setting({}, { own: undefined });
      const link = ask.server.adminLink({ username: 'admin', groups: [] });
      const { cookies } = await ask.server.app.inject({ url: link });
      const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
      const answer = await ask.server.app.inject({ url: '/api/v1/leases', headers: { cookie } });
      expect(answer.json()).toMatchObject({
        ...{ status: 503, code: 'Misconfigured', detail: expect.stringContaining('service account') },
      });
    });
  });
});
