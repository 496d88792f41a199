import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionRefusal } from '../../../src/rack/http/observe.ts';
import { call } from './call.ts';
import { startRack, type TestRack } from './rack.ts';

const limits = { headersMs: 700, requestMs: 900, keepAliveMs: 500, stillMs: 1_500, requestsPerConnection: 5 };
const refusals = new Map<ConnectionRefusal, number>();

let rack: TestRack;
let digest: string;

beforeAll(async () => {
  const observer = {
    refused: (why: ConnectionRefusal) => void refusals.set(why, (refusals.get(why) ?? 0) + 1),
  };
  rack = await startRack(limits, { server: { observer } });
  digest = await rack.addImage(randomBytes(1_000_000));
  await rack.images.ensure(digest);
});
afterAll(() => rack.stop());

/** Sends, piece by piece with pauses, and resolves with what came when the rack has hung up. */
async function talk(pieces: readonly (string | Uint8Array)[], pauseMs = 0): Promise<string> {
  const socket: Socket = connect(rack.port, '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<string>();
  let reply = '';
  let gone = false;
  socket.on('data', (chunk) => {
    reply += chunk.toString('latin1', 0, 5000);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    gone = true;
    resolve(reply);
  });
  for (const piece of pieces) {
    if (gone) break;
    socket.write(piece);
    if (pauseMs > 0) await new Promise((next) => setTimeout(next, pauseMs));
  }
  return promise;
}

const alive = async (): Promise<void> => {
  expect((await call(`${rack.base}/healthz`, { from: '127.0.0.9' })).status).toBe(200);
};

describe('slow clients', () => {
  it.each<[string, string[], number]>([
    ['a request line letter by letter', [...'GET /healthz HTTP/1.1\r\nHost: x\r\nX-More: 1'], 50],
    ['headers that never end', ['GET / HTTP/1.1\r\n', ...Array.from({ length: 40 }, () => 'X: y\r\n')], 50],
    ['nothing', [''], 0],
    [
      'a body that never comes',
      ['POST /agent/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'],
      0,
    ],
    [
      'a chunked body that never ends',
      [
        'POST /agent/v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
        ...Array.from({ length: 40 }, () => '1\r\nx\r\n'),
      ],
      50,
    ],
  ])('are cut off: %s', async (_, pieces, pauseMs) => {
    const reply = await talk(pieces, pauseMs);
    expect(reply).not.toMatch(/^HTTP\/1.1 200/);
    await alive();
  });

  it('do not keep others waiting, sixty of them at once', async () => {
    const slow = Array.from({ length: 60 }, () => talk(['GET /healthz HTTP/1.1\r\nX: '], 0));
    await alive();
    await Promise.all(slow);
    expect(refusals.get('TooSlow')).toBeGreaterThan(30);
  });

  it('that keep a connection open without a request lose it', async () => {
    expect(await talk(['GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'])).toContain('200 OK');
  });

  it('that never stop asking get a new connection now and then', async () => {
    const request = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
    const reply = await talk(Array.from({ length: 8 }, () => request));
    expect(reply.match(/HTTP\/1.1 200/g)?.length).toBe(5);
  });
});

describe('garbage', () => {
  it.each<[string, (string | Uint8Array)[]]>([
    ['noise', [randomBytes(20_000)]],
    ['a TLS hello', [Buffer.from('16030100c8010000c40303', 'hex'), randomBytes(200)]],
    ['two lengths', ['POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx']],
    [
      'a length and chunks',
      ['POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ],
    ['a length that is none', ['POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n']],
    ['a header with a zero byte', ['GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n']],
    ['a folded header', ['GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n']],
    ['no host', ['GET /healthz HTTP/1.1\r\n\r\n']],
    ['another protocol', ['SSH-2.0-OpenSSH_9.2\r\n']],
    ['HTTP/2 in the clear', ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']],
    ['a tunnel', ['CONNECT 10.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n']],
  ])('is refused or cut off: %s', async (_, pieces) => {
    const reply = await talk(pieces);
    expect(reply === '' || /^HTTP\/1.1 4\d\d /.test(reply)).toBe(true);
    await alive();
  });

  it('changes no protocol', async () => {
    const reply = await talk([
      'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ]);
    expect(reply).not.toContain('101');
    await alive();
  });

  it('of a thousand connections leaves nothing behind', async () => {
    for (let round = 0; round < 20; round += 1)
      await Promise.all(Array.from({ length: 50 }, () => talk([randomBytes(200), '\r\n\r\n'])));
    await alive();
    expect(refusals.get('Malformed')).toBeGreaterThan(500);
  });
});
