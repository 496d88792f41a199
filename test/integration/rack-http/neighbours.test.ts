import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createNeighbours,
  type Neighbour,
  type NeighbourLimits,
} from '../../../src/rack/images/neighbours.ts';
import type { ImageObserver } from '../../../src/rack/images/ports.ts';
import { call } from './call.ts';
import { type Origin, startOrigin } from './origin.ts';
import { startRack, type TestRack } from './rack.ts';

const mib = 1024 * 1024;
const content = randomBytes(6 * mib);
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const digest = digestOf(content);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A rack that asks the given ones before the origin, and what it got from whom. */
async function rackBeside(list: () => Neighbour[], limits: Partial<NeighbourLimits> = {}, name = 'self') {
  const bytes = { Neighbour: 0, Origin: 0 };
  const observer: ImageObserver = {
    fetched(fetched) {
      bytes[fetched.from] += fetched.bytes;
    },
  };
  const clock = { now: () => Date.now() };
  const neighbours = createNeighbours({ list, self: name, clock, limits });
  const rack = await startRack({}, { images: { neighbours, observer, retryAfterMs: [10] } });
  closing.push(() => rack.stop());
  return { rack, bytes };
}

async function originOf(bytes = content): Promise<Origin> {
  const origin = await startOrigin((_, response) => response.end(bytes));
  closing.push(() => origin.close());
  return origin;
}

function know(rack: TestRack, origin: Origin): void {
  rack.known.set(digest, { source: { http: { url: origin.url } }, sizeBytes: content.length });
}

/** Takes connections and does what it is told with them. */
async function stranger(act: (socket: Socket) => void): Promise<Neighbour> {
  const server = createServer(act);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { name: `stranger-${port}`, url: `http://127.0.0.1:${port}`, holds: true };
}

const head = `HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n`;

describe('a rack that misses an image', () => {
  it('gets it from a neighbour that holds it, and leaves the origin alone', async () => {
    const origin = await originOf();
    const { rack: holder } = await rackBeside(() => []);
    know(holder, origin);
    await holder.images.ensure(digest);
    const { rack, bytes } = await rackBeside(() => [{ name: 'holder', url: holder.base, holds: true }]);
    know(rack, origin);
    await rack.images.ensure(digest);
    expect(origin.requests).toHaveLength(1);
    expect(bytes).toEqual({ Neighbour: content.length, Origin: 0 });
  });

  it('makes no neighbour fetch it: two that both miss it ask the origin, and do not wait for one another', async () => {
    const origin = await originOf();
    const racks: TestRack[] = [];
    const list = () => racks.map(({ base }, index) => ({ name: `r${index}`, url: base, holds: true }));
    const first = await rackBeside(list, {}, 'r0');
    const second = await rackBeside(list, {}, 'r1');
    racks.push(first.rack, second.rack);
    for (const rack of racks) know(rack, origin);
    await Promise.all(racks.map((rack) => rack.images.ensure(digest)));
    expect(origin.requests.length).toBeLessThanOrEqual(2);
    expect((await call(`${first.rack.base}/images/${'0'.repeat(64)}?held`)).status).toBe(404);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['does not answer', () => undefined],
    ['hangs up', (socket) => socket.destroy()],
    ['talks nonsense', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['falls silent', (socket) => socket.write(Buffer.concat([Buffer.from(head), content.subarray(0, mib)]))],
    [
      'trickles',
      (socket) => {
        let sent = 0;
        socket.write(head);
        const timer = setInterval(() => socket.write(content.subarray(sent, ++sent)), 20);
        socket.on('close', () => clearInterval(timer));
      },
    ],
    [
      'redirects',
      (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n'),
    ],
    [
      'sends more',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length + 1}\r\n\r\n`),
    ],
  ])('goes on with the origin when a neighbour %s', async (_, act) => {
    const origin = await originOf();
    const bad = await stranger(act);
    const limits = { headersMs: 150, stallMs: 150, slowWindowMs: 100, leastBytesPerSecond: 65536 };
    const { rack } = await rackBeside(() => [bad], limits);
    know(rack, origin);
    await rack.images.ensure(digest);
    expect(rack.images.has(digest)).toBe(true);
    expect(origin.requests).toHaveLength(1);
  });

  it('takes nothing that is not what it should be: all of it comes from the origin again', async () => {
    const origin = await originOf();
    const lie = Buffer.from(content);
    lie[2 * mib] = (lie[2 * mib] ?? 0) ^ 1;
    const liar = await stranger((socket) => socket.end(Buffer.concat([Buffer.from(head), lie])));
    const { rack, bytes } = await rackBeside(() => [liar]);
    know(rack, origin);
    await rack.images.ensure(digest);
    expect(bytes).toEqual({ Neighbour: content.length, Origin: content.length });
    expect(rack.images.has(digest)).toBe(true);
  });

  it('asks three at most, and not again those that failed', async () => {
    const origin = await originOf();
    let asked = 0;
    const all = await Promise.all(
      Array.from({ length: 5 }, () =>
        stranger((socket) => {
          asked += 1;
          socket.destroy();
        }),
      ),
    );
    const { rack } = await rackBeside(() => all);
    know(rack, origin);
    await rack.images.ensure(digest);
    expect(asked).toBe(3);
    const other = await rack.addImage(randomBytes(1000));
    await rack.images.ensure(other);
    expect(asked).toBe(5);
  });
});

describe('a rack that is asked by a neighbour', () => {
  it('gives what it holds, and never what it found damaged', async () => {
    const origin = await originOf();
    const { rack } = await rackBeside(() => []);
    know(rack, origin);
    await rack.images.ensure(digest);
    expect((await call(`${rack.base}/images/${digest}?held`)).status).toBe(200);
    const damaged = Buffer.from(content);
    damaged[5] = (damaged[5] ?? 0) ^ 1;
    await writeFile(join(rack.directory, 'images', 'sha256', digest), damaged);
    await rack.restart();
    expect((await call(`${rack.base}/images/${digest}?held`)).status).toBeGreaterThanOrEqual(404);
    expect(origin.requests).toHaveLength(1);
  });

  it('begins no transfer for it', async () => {
    const origin = await originOf();
    const { rack } = await rackBeside(() => []);
    know(rack, origin);
    const reply = await call(`${rack.base}/images/${digest}?held`);
    expect([reply.status, rack.images.progress(digest), origin.requests]).toEqual([404, undefined, []]);
  });
});
