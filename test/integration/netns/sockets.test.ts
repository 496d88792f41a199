import { describe, expect, it } from 'vitest';
import { createDgramSockets } from '../../../src/rack/net/dgram-sockets.ts';
import { createNativeSockets } from '../../../src/rack/net/native-sockets.ts';
import type { UdpSocket } from '../../../src/rack/net/sockets.ts';
import { requireTools } from './namespaces.ts';

function next(socket: UdpSocket): Promise<{ text: string; port: number }> {
  return new Promise((resolve) => {
    socket.onMessage((data, peer) => resolve({ text: Buffer.from(data).toString(), port: peer.port }));
  });
}

describe('native sockets on the loopback', () => {
  requireTools('ip');
  const sockets = createNativeSockets();

  it('carry datagrams both ways', async () => {
    const server = await sockets.openUdp4({ device: 'lo', port: 0, broadcast: true });
    const client = await sockets.openUdp4({ port: 0, address: '127.0.0.1' });
    const heard = next(server);
    await client.send(Buffer.from('ping'), { address: '127.0.0.1', port: server.port });
    expect(await heard).toEqual({ text: 'ping', port: client.port });
    const answered = next(client);
    await server.send(Buffer.from('pong'), { address: '127.0.0.1', port: client.port });
    expect((await answered).text).toBe('pong');
    await Promise.all([server.close(), client.close()]);
  });

  it('say that a port is taken', async () => {
    const first = await sockets.openUdp4({ device: 'lo', port: 0 });
    const again = sockets.openUdp4({ device: 'lo', port: first.port });
    await expect(again).rejects.toMatchObject({ code: 'PortInUse' });
    await first.close();
    await (await sockets.openUdp4({ device: 'lo', port: first.port })).close();
  });

  it('say that there is no such interface', async () => {
    const open = sockets.openUdp4({ device: 'nosuch0', port: 0 });
    await expect(open).rejects.toMatchObject({ code: 'NoSuchDevice' });
    const sender = sockets.openLinkSender({ device: 'nosuch0' });
    const peer = { address: '10.0.0.1', port: 1 };
    expect(() =>
      sender?.send({
        destinationMac: '52:54:00:00:00:01',
        source: peer,
        destination: peer,
        data: new Uint8Array(),
      }),
    ).toThrow(expect.objectContaining({ code: 'NoSuchDevice' }));
    sender?.close();
  });

  it.each([
    ['in bursts', { bursts: true }],
    ['in lockstep', { lockstep: true }],
    ['one by one', {}],
  ])('posted datagrams arrive once each, in order, with their sender: %s', async (_name, how) => {
    const server = await sockets.openUdp4({ device: 'lo', port: 0, ...how });
    const clients = [await sockets.openUdp4({ port: 0 }), await sockets.openUdp4({ port: 0 })] as const;
    const heard: Uint8Array[] = [];
    const ports = new Set<number>();
    server.onMessage((data, peer) => {
      heard.push(data);
      ports.add(peer.port);
      server.post(data, peer, () => {});
    });
    let answers = 0;
    for (const client of clients) client.onMessage(() => (answers += 1));
    const failures: unknown[] = [];
    const scratch = new Uint8Array(4);
    for (let number = 0; number < 400; number += 1) {
      // The bytes are the caller's again at once.
      new DataView(scratch.buffer).setUint32(0, number);
      const client = clients[number % 2];
      client?.post(scratch, { address: '127.0.0.1', port: server.port }, (error) => failures.push(error));
    }
    await expect.poll(() => answers, { timeout: 10_000 }).toBe(400);
    const numbers = heard.map((data) => Buffer.from(data).readUInt32BE());
    expect(numbers).toEqual(Array.from({ length: 400 }, (_, number) => number));
    expect([ports, failures]).toEqual([new Set(clients.map(({ port }) => port)), []]);
    await Promise.all([server, ...clients].map((socket) => socket.close()));
  });

  it('tell who posts what the kernel refuses, and are silent once closed', async () => {
    const socket = await sockets.openUdp4({ port: 0 });
    const failures: unknown[] = [];
    const peer = { address: '255.255.255.255', port: 9 };
    socket.post(Uint8Array.of(1), peer, (error) => failures.push(error));
    expect(failures).toEqual([expect.objectContaining({ code: 'NotPermitted' })]);
    await socket.close();
    socket.post(Uint8Array.of(1), peer, (error) => failures.push(error));
    expect(failures).toHaveLength(1);
  });

  it('leave no file descriptor behind when they fail', async () => {
    const { readdirSync } = await import('node:fs');
    const before = readdirSync('/proc/self/fd').length;
    for (let round = 0; round < 20; round += 1) {
      await sockets.openUdp4({ device: 'nosuch0', port: 0 }).catch(() => {});
    }
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 10);
  });
});

describe('plain sockets', () => {
  requireTools('ip');
  const lo = { name: 'lo', mac: '00:00:00:00:00:00' };
  const addresses = [{ family: 4 as const, address: '127.0.0.1', cidr: '127.0.0.1/8' }];
  const sockets = createDgramSockets(() => [{ ...lo, addresses }]);

  it('serve one device, and refuse a second one on the same port', async () => {
    const server = await sockets.openUdp4({ device: 'lo', port: 46_067, broadcast: true });
    await expect(sockets.openUdp4({ device: 'lo', port: 46_067 })).rejects.toMatchObject({
      code: 'Unsupported',
    });
    const client = await sockets.openUdp4({ port: 0 });
    const heard = next(server);
    await client.send(Buffer.from('ping'), { address: '127.0.0.1', port: 46_067 });
    expect((await heard).text).toBe('ping');
    expect(sockets.openLinkSender({ device: 'lo' })).toBeUndefined();
    await Promise.all([server.close(), client.close()]);
  });
});
