import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import { createDgramSockets } from './dgram-sockets.ts';
import type { RawSockets } from './raw-sockets.ts';
import type { SocketFactory } from './sockets.ts';

/** The best sockets this machine can have: native ones, else Node's own, with a warning about what that costs. */
export async function createSocketFactory(log: Logger): Promise<SocketFactory> {
  try {
    const { createNativeSockets } = await import('./native-sockets.ts');
    return createNativeSockets();
  } catch (error) {
    log.warn(
      { error: messageOf(error) },
      'no native sockets: DHCP is served on one interface only, by broadcast',
    );
    return createDgramSockets();
  }
}

/** Raw sockets, or none where koffi has no build: then nobody is pinged and no foreign DHCP server noticed. */
export async function createRawSocketFactory(log: Logger): Promise<RawSockets | undefined> {
  try {
    const { createNativeRawSockets } = await import('./native-raw-sockets.ts');
    return createNativeRawSockets();
  } catch (error) {
    log.warn(
      { error: messageOf(error) },
      'no raw sockets: no ping check, no look-out for foreign DHCP servers',
    );
    return undefined;
  }
}
