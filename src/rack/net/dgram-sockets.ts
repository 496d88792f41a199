import type { Socket } from 'node:dgram';
import { CodedError, messageOf } from '../../errors/coded-error.ts';
import { bound, plainSocket, udpSocketOf } from './dgram-socket.ts';
import type { NetErrorCode } from './errors.ts';
import { listInterfaces } from './interfaces.ts';
import type { SocketFactory, Udp4Options } from './sockets.ts';

/**
 * Sockets without native code, for where koffi has no build. Node cannot say which interface a broadcast came in on, so
 * a port can be opened on one device only; broadcasts leave by that device because they are sent from its address.
 */
export function createDgramSockets(interfaces: typeof listInterfaces = listInterfaces): SocketFactory {
  const deviceOfPort = new Map<number, string>();
  return {
    async openUdp4(options) {
      const { device, port } = options;
      if (device === undefined) {
        const socket = await open(options, options.address ?? '0.0.0.0', false);
        return udpSocketOf([socket], () => socket);
      }
      if (deviceOfPort.has(port)) {
        const message = `UDP port ${port} is already open on ${deviceOfPort.get(port)}; without native code only one device is possible`;
        throw coded('Unsupported', message);
      }
      const address = interfaces()
        .find(({ name }) => name === device)
        ?.addresses.find(({ family }) => family === 4)?.address;
      if (address === undefined) throw coded('NoSuchDevice', `no interface ${device} with an IPv4 address`);
      const all = await open(options, '0.0.0.0', true);
      const own = await open({ ...options, port: all.address().port }, address, true);
      deviceOfPort.set(port, device);
      const socket = udpSocketOf([all, own], () => own);
      return {
        ...socket,
        async close() {
          deviceOfPort.delete(port);
          await socket.close();
        },
      };
    },
    openLinkSender: () => undefined,
  };
}

async function open(options: Udp4Options, address: string, reuse: boolean): Promise<Socket> {
  const socket = plainSocket(reuse);
  try {
    await bound(socket, () => socket.bind({ port: options.port, address, exclusive: true }));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') throw coded('PortInUse', `UDP port ${options.port} is in use`, error);
    if (code === 'EACCES') throw coded('NotPermitted', `UDP port ${options.port} needs privileges`, error);
    throw coded('SocketFailed', `cannot open UDP port ${options.port}: ${messageOf(error)}`, error);
  }
  if (options.broadcast) socket.setBroadcast(true);
  return socket;
}

function coded(code: NetErrorCode, message: string, cause?: unknown): CodedError<NetErrorCode> {
  return new CodedError(code, message, { cause, retryable: code === 'PortInUse' });
}
