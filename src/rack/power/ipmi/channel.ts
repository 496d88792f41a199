import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { messageOf } from '../../../errors/coded-error.ts';
import { powerError } from '../errors.ts';
import type { HostPort } from '../host-port.ts';

/** Datagrams to and from one BMC. */
export interface Channel {
  send(packet: Uint8Array): void;
  /** The one who is told of packets and faults; undefined: they are dropped. */
  listen(listener: ChannelListener | undefined): void;
  close(): void;
}

export interface ChannelListener {
  packet(packet: Uint8Array): void;
  /** The network says that nobody is there. */
  fault(error: Error): void;
}

/** How a driver gets its channel: another one in tests. */
export type OpenChannel = (address: HostPort, signal: AbortSignal) => Promise<Channel>;

/**
 * A connected UDP socket: the kernel drops packets from any other address, and tells of ICMP's "port unreachable".
 * @throws CodedError<PowerErrorCode> BmcUnreachable when the name does not resolve or there is no route.
 */
export async function openUdpChannel(address: HostPort, signal: AbortSignal): Promise<Channel> {
  signal.throwIfAborted();
  const where = `${address.host} port ${address.port}`;
  const found = await lookup(address.host).catch((cause: unknown) => {
    throw powerError('BmcUnreachable', `${where}: ${messageOf(cause)}`, { cause, retryable: true });
  });
  const socket = createSocket({ type: found.family === 6 ? 'udp6' : 'udp4' });
  let listener: ChannelListener | undefined;
  socket.on('message', (packet) => listener?.packet(packet));
  const connected = Promise.withResolvers<void>();
  socket.once('connect', connected.resolve);
  socket.on('error', (error) => {
    connected.reject(error);
    listener?.fault(error);
  });
  const onAbort = (): void => connected.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    socket.connect(address.port, found.address);
    await connected.promise;
  } catch (thrown) {
    socket.close();
    signal.throwIfAborted();
    throw powerError('BmcUnreachable', `${where}: ${messageOf(thrown)}`, { cause: thrown, retryable: true });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  let open = true;
  return {
    send(packet) {
      if (open) socket.send(packet, (error) => error !== null && listener?.fault(error));
    },
    listen(next) {
      listener = next;
    },
    close() {
      if (!open) return;
      open = false;
      listener = undefined;
      socket.close();
    },
  };
}
