import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRedfish } from '../../src/agent/bmc/redfish/connection.ts';
import { type SelfSigned, selfSigned } from '../../src/rack/power/testing/self-signed.ts';

const signal = new AbortController().signal;
let server: Server;
let heard: string[];
let port: number;

async function start(certificate: SelfSigned, at = 0): Promise<void> {
  server = createServer(certificate, async (request, response) => {
    heard.push(`${request.method} ${request.url} ${(await buffer(request)).toString()}`);
    if (request.url === '/large') response.end(Buffer.alloc(2 * 1024 * 1024));
    else response.setHeader('x-auth-token', 't').end('{"a":1}');
  });
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
}

beforeEach(async () => {
  heard = [];
  await start(selfSigned());
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('the connection of the agent with a Redfish service', () => {
  it('takes the certificate that it saw first, and carries requests', async () => {
    const { call, fingerprint } = await connectRedfish({ host: '127.0.0.1', port }, undefined, signal);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const answer = await call({ method: 'POST', path: '/x', json: { b: 2 } });
    expect(answer).toMatchObject({ status: 200, body: { a: 1 }, headers: { 'x-auth-token': 't' } });
    expect(heard).toEqual(['POST /x {"b":2}']);
  });

  it('sends nothing to another certificate', async () => {
    const { call } = await connectRedfish({ host: '127.0.0.1', port }, undefined, signal);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await start(selfSigned(), port);
    await expect(call({ method: 'POST', path: '/x', json: { secret: 1 } })).rejects.toThrow('certificate');
    await expect(connectRedfish({ host: '127.0.0.1', port }, 'ab'.repeat(32), signal)).rejects.toThrow();
    expect(heard).toEqual([]);
  });

  it('ends an answer that has no end, and when it is told to', async () => {
    const { call } = await connectRedfish({ host: '127.0.0.1', port }, undefined, signal);
    await expect(call({ method: 'GET', path: '/large' })).rejects.toThrow('too large');
    const stopped = AbortSignal.abort();
    await expect(connectRedfish({ host: '127.0.0.1', port }, undefined, stopped)).rejects.toThrow();
  });
});
