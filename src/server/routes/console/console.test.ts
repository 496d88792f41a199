import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { aMachine, aRack } from '../../../../test/fixtures/objects.ts';
import { machineKind } from '../../../api/machine/schema.ts';
import { rackKind } from '../../../api/rack/schema.ts';
import { startTestServer } from '../../testing/server.ts';
import { consoleUrl, racksFor } from './racks.ts';
import type { RackAccess } from './upstream.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A rack that repeats what it hears. */
async function fakeRack(refuses?: number) {
  const asked: { url: string; headers: IncomingHttpHeaders }[] = [];
  const peers: WebSocket[] = [];
  const server: Server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (message, socket, head) => {
    asked.push({ url: message.url ?? '', headers: message.headers });
    if (refuses !== undefined) return socket.end(`HTTP/1.1 ${refuses} No\r\ncontent-length: 3\r\n\r\nno\n`);
    sockets.handleUpgrade(message, socket, head, (peer) => {
      peers.push(peer);
      peer.send('{"type":"Hello"}');
      peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  cleanups.push(async () => {
    for (const peer of sockets.clients) peer.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${bound.port}`, asked, peers };
}

async function setting(adminUrls: readonly (string | undefined)[], racks?: RackAccess) {
  const server = await startTestServer({ racks });
  server.rules.tokens.alice = 'alice';
  server.rules.rights.alice = ['create machines/console'];
  server.rules.tokens.bob = 'bob';
  await server.memory.create(machineKind, aMachine({ metadata: { name: 'm1' } }));
  for (const [nth, adminUrl] of adminUrls.entries()) {
    const metadata = { name: `rack-${nth}` };
    await server.memory.create(rackKind, aRack({ metadata }));
    const status = adminUrl === undefined ? {} : { adminUrl };
    await server.memory.applyStatus(rackKind, { metadata, status }, { fieldManager: 'test' });
  }
  const { port } = await server.listen({ address: '127.0.0.1', port: 0 });
  cleanups.push(() => server.stop());

  function connect(
    token: string,
    path = '/api/v1/machines/m1/console',
    headers: Record<string, string> = {},
  ) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
    const client = { socket, said: [] as string[], code: 0, status: 0, problem: '' };
    socket.on('message', (data) => client.said.push(data.toString()));
    socket.on('close', (code) => {
      client.code = code;
    });
    socket.on('unexpected-response', (_request, response) => {
      response.on('data', (chunk: Buffer) => {
        client.problem += chunk.toString();
      });
      response.on('end', () => {
        client.status = response.statusCode ?? 0;
        socket.terminate();
      });
    });
    socket.on('error', () => undefined);
    return client;
  }
  return { server, port, connect };
}

async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { timeout: 10_000, interval: 5 }).toBe(true);
}

describe('a console through the server', () => {
  it('is that of the rack, with the server’s own token and the name of the caller', async () => {
    const rack = await fakeRack();
    const { connect } = await setting([rack.url], { token: async () => 'own' });
    const client = connect('alice', '/api/v1/machines/m1/console?watch=true');
    await until(() => client.said.length === 1);
    client.socket.send(Buffer.from('hello'));
    await until(() => client.said.length === 2);
    expect(client.said).toEqual(['{"type":"Hello"}', 'hello']);
    expect(rack.asked[0]).toMatchObject({
      url: '/console/m1?watch=true',
      headers: { authorization: 'Bearer own', 'x-metalwright-user': 'alice' },
    });
  });

  it('is asked for with the caller’s token when the server has none', async () => {
    const rack = await fakeRack();
    const { connect } = await setting([rack.url]);
    const client = connect('alice');
    await until(() => client.said.length === 1);
    expect(rack.asked[0]?.headers.authorization).toBe('Bearer alice');
    expect(rack.asked[0]?.headers['x-metalwright-user']).toBeUndefined();
  });

  it('ends on both sides, whichever ends it, with the same word', async () => {
    const rack = await fakeRack();
    const { connect } = await setting([rack.url]);
    const [one, other] = [connect('alice'), connect('alice')];
    await until(() => one.said.length === 1 && other.said.length === 1);
    let seenByRack = 0;
    for (const peer of rack.peers) peer.on('close', () => seenByRack++);
    rack.peers[0]?.close(4408, 'too slow');
    await until(() => one.code === 4408 || other.code === 4408);
    rack.peers[1]?.terminate();
    await until(() => [one.code, other.code].includes(1012));
    const third = connect('alice');
    await until(() => third.said.length === 1);
    rack.peers[2]?.on('close', () => seenByRack++);
    third.socket.terminate();
    await until(() => seenByRack === 3);
  });

  it('goes to the next rack when one does not answer or refuses', async () => {
    const [refusing, good] = [await fakeRack(503), await fakeRack()];
    const { connect } = await setting([undefined, 'http://127.0.0.1:1', refusing.url, good.url]);
    const client = connect('alice');
    await until(() => client.said.length === 1);
    expect([refusing.asked.length, good.asked.length]).toEqual([1, 1]);
  });

  it.each([
    ['somebody whose token nobody knows', 'nobody', '/api/v1/machines/m1/console', {}, 401],
    ['somebody without the right', 'bob', '/api/v1/machines/m1/console', {}, 403],
    ['a machine that there is not', 'alice', '/api/v1/machines/m9/console', {}, 404],
    ['a kind that there is not', 'alice', '/api/v1/machines/m1/console?kind=Fax', {}, 400],
    ['a path that takes none', 'admin', '/api/v1/machines/m1', {}, 200],
    [
      'a rack whose admin endpoint has no TLS, beyond the loopback',
      'alice',
      '/api/v1/machines/m1/console',
      {},
      503,
    ],
  ])('is no WebSocket for %s', async (_sentence, token, path, headers, status) => {
    const { connect } = await setting(['http://192.0.2.1:7481']);
    const client = connect(token, path, headers);
    await until(() => client.status !== 0);
    expect(client.status).toBe(status);
    if (status !== 200) expect(JSON.parse(client.problem)).toMatchObject({ status });
  });

  it('is refused to a page of another origin that a browser’s session vouches for', async () => {
    const rack = await fakeRack();
    const { port } = await setting([rack.url]);
    const signedIn = await fetch(`http://127.0.0.1:${port}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-metalwright-request': '1' },
      body: JSON.stringify({ token: 'alice' }),
    });
    const cookie = signedIn.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ');
    const open = (origin: string | undefined) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/machines/m1/console`, {
        headers: { cookie, ...(origin === undefined ? {} : { origin }) },
      });
      const seen = { status: 0 };
      socket.on('open', () => {
        seen.status = 101;
        socket.terminate();
      });
      socket.on('unexpected-response', (_request, response) => {
        seen.status = response.statusCode ?? 0;
        socket.terminate();
      });
      socket.on('error', () => undefined);
      return seen;
    };
    const [own, foreign, none] = [
      open(`http://127.0.0.1:${port}`),
      open('https://evil.example'),
      open(undefined),
    ];
    await until(() => own.status !== 0 && foreign.status !== 0 && none.status !== 0);
    expect([own.status, foreign.status, none.status]).toEqual([101, 403, 403]);
  });

  it('is a mistake over plain HTTP, and is told so', async () => {
    const { port } = await setting([]);
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/machines/m1/console`, {
      headers: { authorization: 'Bearer alice' },
    });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('WebSocket')]);
  });

  it('ends with the server', async () => {
    const rack = await fakeRack();
    const { server, connect } = await setting([rack.url]);
    const client = connect('alice');
    await until(() => client.said.length === 1);
    await server.stop();
    await until(() => client.code === 1001);
  });
});

describe('the racks for a console', () => {
  const rack = (name: string) => aRack({ metadata: { name }, status: { adminUrl: `https://${name}:7481` } });

  it('are those that reach the BMC first, and never those that do not', () => {
    const since = '2026-01-01T00:00:00Z';
    const machine = aMachine({
      status: {
        bmcReach: [
          { rack: 'a', reaches: false, since },
          { rack: 'd', reaches: true, since },
        ],
      },
    });
    const racks = ['d', 'c', 'b', 'a'].map(rack);
    expect(racksFor(machine, racks).map(({ name }) => name)).toEqual(['d', 'b', 'c']);
  });

  it.each([
    ['https://10.0.0.1:7481', 'wss://10.0.0.1:7481/console/m1?watch=true'],
    ['http://127.0.0.1:7481', 'ws://127.0.0.1:7481/console/m1?watch=true'],
    ['http://[::1]:7481', 'ws://[::1]:7481/console/m1?watch=true'],
    ['http://127.0.0.1.example:7481', undefined],
    ['http://10.0.0.1:7481', undefined],
    ['file:///etc/passwd', undefined],
    ['nonsense', undefined],
  ])('at %s are asked at %s', (adminUrl, url) => {
    const query = new URLSearchParams({ watch: 'true' });
    expect(consoleUrl(adminUrl, 'm1', query)?.toString()).toBe(url);
  });
});
