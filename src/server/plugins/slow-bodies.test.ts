import { connect } from 'node:net';
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { acceptBodies } from './bodies.ts';
import { limitBodies } from './slow-bodies.ts';

/** What a server with a limit of 50 ms answers to a body that never ends. */
async function askSlowly(path: string, until: (seen: string) => boolean): Promise<string> {
  const app = fastify();
  limitBodies(app, 50);
  acceptBodies(app);
  app.put('/json', async () => 'read');
  app.put('/stream', { config: { streams: true } }, async ({ body }, reply) => {
    if (typeof body === 'object' && body !== null) reply.raw.write('HTTP goes on');
    return new Promise(() => undefined);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  try {
    const address = app.server.address();
    const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
    const type = path === '/stream' ? 'application/octet-stream' : 'application/json';
    socket.write(`PUT ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: 100\r\n\r\n{`);
    let seen = '';
    for await (const chunk of socket) {
      seen += String(chunk);
      if (until(seen)) break;
    }
    socket.destroy();
    return seen;
  } finally {
    app.server.closeAllConnections();
    await app.close();
  }
}

describe('the body of a request', () => {
  it('has to come in time', async () => {
    expect(await askSlowly('/json', () => false)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('may take its time where it is a stream', async () => {
    expect(await askSlowly('/stream', (seen) => seen.includes('goes on'))).toContain('HTTP goes on');
  });
});
