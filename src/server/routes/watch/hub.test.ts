import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';

let server: TestServer;
let url: string;

beforeAll(async () => {
  server = await startTestServer({ streamLimits: { streams: 6, streamsOfOne: 4 } });
  server.rules.tokens = { ...server.rules.tokens, other: 'admin' };
  const { port } = await server.listen({ address: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${port}/api/v1/watch?resources=machines`;
});
afterAll(() => server.stop());

it('lets no more streams in than there may be, of one token and in all, however many are asked for at once', async () => {
  const leaving = new AbortController();
  const ask = async (token: string): Promise<number> =>
    (await fetch(url, { signal: leaving.signal, headers: { authorization: `Bearer ${token}` } })).status;
  const countOf = async (token: string): Promise<number> =>
    (await Promise.all(Array.from({ length: 12 }, () => ask(token)))).filter((status) => status === 200)
      .length;
  expect(await countOf('admin')).toBe(4);
  expect(await countOf('other')).toBe(2);
  leaving.abort();
});
