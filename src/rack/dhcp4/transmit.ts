import { ipv4FromNumber } from '../../domain/net/address.ts';
import type { LinkSender, UdpSocket } from '../net/sockets.ts';
import type { Reply } from './reply.ts';

/** What one interface sends with. */
export interface Transmitter {
  socket: UdpSocket;
  /** Undefined: clients without an address are answered by broadcast. */
  link: LinkSender | undefined;
}

/**
 * Sends one reply to where it goes. What cannot be sent to a client's hardware address is broadcast, as RFC 2131, 4.1
 * allows. Never throws; `failed` is told.
 */
export function transmit(
  { socket, link }: Transmitter,
  reply: Reply,
  ports: { server: number; client: number },
  failed: (error: unknown) => void,
): void {
  const { destination, bytes } = reply;
  const send = (address: string, port: number): void => {
    socket.post(bytes, { address, port }, failed);
  };
  if (destination.kind === 'Relay') {
    send(ipv4FromNumber(destination.address), ports.server);
  } else if (destination.kind === 'Unicast') {
    send(ipv4FromNumber(destination.address), ports.client);
  } else if (destination.kind === 'Broadcast' || link === undefined) {
    send('255.255.255.255', ports.client);
  } else {
    try {
      link.send({
        destinationMac: destination.mac,
        source: { address: ipv4FromNumber(reply.serverAddress), port: ports.server },
        destination: { address: ipv4FromNumber(destination.address), port: ports.client },
        data: bytes,
      });
    } catch (error) {
      failed(error);
      send('255.255.255.255', ports.client);
    }
  }
}
