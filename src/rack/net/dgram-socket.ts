import { createSocket, type Socket } from 'node:dgram';
import type { UdpPeer, UdpSocket } from './sockets.ts';

/** Bursts of a whole row of machines powering on must wait in the kernel, not be dropped. Capped by net.core.rmem_max. */
const receiveBuffer = 1024 * 1024;

/** A datagram socket whose peers are always addresses: no name is ever looked up. */
export function plainSocket(reuseAddr: boolean): Socket {
  return createSocket({
    type: 'udp4',
    reuseAddr,
    lookup: (address, _options, callback) => callback(null, address, 4),
  });
}

/** Binds and waits for it. Rejects with Node's error. */
export function bound(socket: Socket, bind: () => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('listening', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    bind();
  });
}

/** Several bound sockets behind one: all receive, `sender` chooses which one sends. The first one gives the port. */
export function udpSocketOf(
  sockets: readonly [Socket, ...Socket[]],
  sender: (to: UdpPeer) => Socket,
): UdpSocket {
  let receive: (data: Uint8Array, peer: UdpPeer) => void = () => {};
  let failed: (error: Error) => void = () => {};
  for (const socket of sockets) {
    socket.on('message', (data, from) => receive(data, { address: from.address, port: from.port }));
    socket.on('error', (error) => failed(error));
    try {
      socket.setRecvBufferSize(receiveBuffer);
    } catch {
      // The default is enough for all but the largest bursts.
    }
  }
  return {
    port: sockets[0].address().port,
    onMessage(listener) {
      receive = listener;
    },
    onError(listener) {
      failed = listener;
    },
    send(data, to) {
      return new Promise((resolve, reject) => {
        sender(to).send(data, to.port, to.address, (error) => (error ? reject(error) : resolve()));
      });
    },
    post(data, to, failed) {
      // Node keeps the bytes until the kernel has taken them.
      sender(to).send(Uint8Array.from(data), to.port, to.address, (error) => {
        if (error) failed(error);
      });
    },
    async close() {
      receive = () => {};
      await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
    },
  };
}
