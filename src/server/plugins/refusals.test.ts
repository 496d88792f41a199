import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../problem.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';

describe('what no operation takes', () => {
  let server: TestServer;
  let port: number;
  beforeAll(async () => {
    server = await startTestServer();
    ({ port } = await server.listen({ address: '127.0.0.1', port: 0 }));
  });
  afterAll(() => server.stop());

  async function ask(method: string, path: string, headers: Record<string, string> = {}) {
    const { promise, resolve, reject } = Promise.withResolvers<{
      status?: number;
      allow?: string;
      body: unknown;
    }>();
    const sent = request(
      { port, method, path, headers: { authorization: 'Bearer admin', ...headers } },
      async (response) => {
        const body: unknown = JSON.parse(await text(response));
        const { statusCode, headers } = response;
        resolve({ status: statusCode ?? 0, allow: headers.allow ?? '', body });
      },
    );
    sent.on('error', reject);
    sent.end();
    return promise;
  }

  it.each([
    ['without a body', 'QUERY', '/api/v1/zones', {}, 'GET, POST, HEAD'],
    [
      'with a media type',
      'QUERY',
      '/api/v1/zones?limit=1',
      { 'content-type': 'application/json' },
      'GET, POST, HEAD',
    ],
    ['of a path with a name', 'PROPFIND', '/api/v1/zones/north', {}, 'GET, PUT, PATCH, DELETE, HEAD'],
    ['of a path that looks like an object', 'GET', '/api/v1/machines/actions', {}, 'POST'],
    ['of the document', 'QUERY', '/api/v1/openapi.json', {}, 'GET, HEAD'],
  ] as const)(
    'is another method, %s: 405 with those that there are',
    async (_, method, path, headers, allow) => {
      expect(await ask(method, path, headers)).toEqual({
        ...{ status: 405, allow },
        body: expect.objectContaining({ code: 'MethodNotAllowed' }),
      });
    },
  );

  it('is another method of a path that there is not: 404, and 401 for strangers', async () => {
    expect(await ask('PROPFIND', '/api/v1/zones/north/south')).toMatchObject({ status: 404 });
    expect(await ask('PROPFIND', '/api/v1/openapi-json')).toMatchObject({ status: 404 });
    expect(await ask('QUERY', '/api/v1/zones', { authorization: '' })).toMatchObject({ status: 401 });
  });

  it.each([
    [
      'a head larger than 32 KiB',
      `GET /api/v1/zones?q=${'x'.repeat(40_000)} HTTP/1.1\r\n\r\n`,
      431,
      'HeadersTooLarge',
    ],
    ['what is not HTTP', '\u0016\u0003\u0001\r\n\r\n', 400, 'BadRequest'],
  ])('is %s: a problem, and the connection ends', async (_, sent, status, code) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(sent));
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('content-type: application/problem+json');
    expect(head).toContain('x-content-type-options: nosniff');
    const problem = Problem.parse(JSON.parse(body));
    expect(problem).toMatchObject({ status, code });
    expect(head).toContain(`x-request-id: ${problem.requestId}`);
  });
});
