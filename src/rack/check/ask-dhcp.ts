import { randomInt } from 'node:crypto';
import { ipv4FromNumber, ipv4ToNumber } from '../../domain/net/address.ts';
import { macToBytes } from '../../domain/net/mac.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import { systemTimers, type Timers } from '../../kube/timers.ts';
import { messageType, option, readNumber } from '../dhcp4/options.ts';
import { broadcastFlag, type Dhcp4Packet, decodePacket, encodePacket } from '../dhcp4/packet.ts';
import type { SocketFactory } from '../net/sockets.ts';

/** Whom to ask for an address, and by what. */
export interface DhcpQuestion {
  /** The interface that the servers are on: of this computer. */
  device: string;
  mac: string;
  /** Dotted quads: what other servers of the network offer is not heard. */
  servers: readonly string[];
}

const port = { server: 67, client: 68 } as const;
/** Longer than the server pings an address before it offers it. */
const againAfterMs = 4_000;
const attempts = 5;

/**
 * Asks for an address as a client of the interface's network would, and takes none: what is broadcast there is heard by servers of
 * this computer too. Resolves to the address that is offered, `undefined` when none is within 20 s. Rejects with
 * CodedError<NetErrorCode> when the client's port is taken.
 */
export async function askDhcp(
  { device, mac, servers }: DhcpQuestion,
  sockets: Pick<SocketFactory, 'openUdp4'>,
  timers: Timers = systemTimers,
): Promise<string | undefined> {
  const numbers = new Set(servers.map(ipv4ToNumber));
  const xid = randomInt(2 ** 32);
  const socket = await sockets.openUdp4({ device, port: port.client, broadcast: true });
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  let cancel = (): void => undefined;
  let left = attempts;
  const turn = (): void => {
    if (left === 0) {
      resolve(undefined);
      return;
    }
    left -= 1;
    socket.post(encodePacket(discover(mac, xid)), { address: '255.255.255.255', port: port.server }, reject);
    cancel = timers.after(againAfterMs, turn);
  };
  socket.onError(reject);
  socket.onMessage((data) => {
    const address = offered(data, xid, numbers);
    if (address !== undefined) resolve(address);
  });
  turn();
  try {
    return await promise;
  } finally {
    cancel();
    await socket.close();
  }
}

function discover(mac: string, xid: number): Dhcp4Packet {
  return {
    ...{ op: 1, htype: 1, hops: 0, xid, secs: 0, flags: broadcastFlag, chaddr: macToBytes(mac) },
    ...{ ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0, sname: '', file: '' },
    options: new Map([
      [option.messageType.code, Uint8Array.of(messageType.discover)],
      [option.parameterList.code, Uint8Array.of(option.subnetMask.code, option.router.code)],
    ]),
  };
}

function offered(
  data: Uint8Array,
  xid: number,
  servers: ReadonlySet<number | undefined>,
): string | undefined {
  try {
    const { op, xid: of, yiaddr, options } = decodePacket(data);
    const isOffer =
      op === 2 && of === xid && readNumber(options, option.messageType) === messageType.offer && yiaddr !== 0;
    return isOffer && servers.has(readNumber(options, option.serverIdentifier))
      ? ipv4FromNumber(yiaddr)
      : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
