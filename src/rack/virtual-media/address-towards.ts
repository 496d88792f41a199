import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/**
 * This computer's address on the way to a host: of a UDP socket that is connected and sends nothing.
 * @returns undefined when the name is unknown or no route leads there
 */
export function addressTowards(host: string): Promise<string | undefined> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return new Promise<string | undefined>((resolve) => {
    socket.once('error', () => resolve(undefined));
    socket.connect(9, host, () => resolve(socket.address().address));
  }).finally(() => socket.close());
}
