import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Agent, get, type IncomingMessage, type RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import { createFileSender, type FileSender } from '../net/native-file-sender.ts';
import { createHttpServer, defaultHttpLimits } from './http-server.ts';

const mib = 1024 * 1024;

describe('files past the process, by sendfile', () => {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-bulk-'));
  const path = join(directory, 'image');
  const content = randomBytes(24 * mib + 12_345);
  const native = createFileSender();
  let [borrowed, returned, bytesInKernel] = [0, 0, 0];
  /** The real one, and what went through it. */
  const sender: FileSender = {
    borrow(socket) {
      const inner = native?.borrow(socket);
      if (inner === undefined) return undefined;
      borrowed += 1;
      return {
        async sendFile(...call) {
          const sent = await inner.sendFile(...call);
          bytesInKernel += sent;
          return sent;
        },
        close() {
          returned += 1;
          inner.close();
        },
      };
    },
  };
  const server = createHttpServer({
    routes: [
      {
        pattern: '/image',
        methods: ['GET'],
        errors: 'Text',
        handle: async () => ({
          kind: 'File',
          image: { file: await open(path), sizeBytes: content.length },
          etag: '"image"',
        }),
      },
    ],
    log: silentLogger,
    limits: defaultHttpLimits,
    sender,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  beforeAll(async () => {
    writeFileSync(path, content);
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  });

  afterAll(() => {
    agent.destroy();
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true, force: true });
  });

  function request(options: RequestOptions = {}): Promise<IncomingMessage> {
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/image', agent, ...options }, resolve).on('error', reject);
    });
  }

  async function bodyOf(message: IncomingMessage, pauseMs = 0): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) {
      chunks.push(chunk);
      if (pauseMs > 0 && chunks.length % 64 === 0) await delay(pauseMs);
    }
    return Buffer.concat(chunks);
  }

  it.runIf(native !== undefined)('arrive whole, most of them by the kernel alone', async () => {
    const before = bytesInKernel;
    const body = await bodyOf(await request());
    expect(body.equals(content)).toBe(true);
    expect(bytesInKernel - before).toBeGreaterThan(content.length / 2);
  });

  it('arrive whole at a client that reads slowly', async () => {
    const body = await bodyOf(await request(), 5);
    expect(body.equals(content)).toBe(true);
  });

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=16383-16385', 16_383, 16_386],
    [`bytes=${mib - 1}-${3 * mib}`, mib - 1, 3 * mib + 1],
    [`bytes=${content.length - 5}-`, content.length - 5, content.length],
  ])('arrive in part: %s, one after the other on one connection', async (range, from, to) => {
    const message = await request({ headers: { range } });
    const body = await bodyOf(message);
    expect([message.statusCode, body.equals(content.subarray(from, to))]).toEqual([206, true]);
  });

  it('leave no descriptor behind when the client goes away', async () => {
    const message = await request({ agent: new Agent() });
    await new Promise<void>((seen) => message.once('data', () => seen()));
    message.destroy();
    await expect.poll(() => returned, { timeout: 10_000 }).toBe(borrowed);
  });
});
