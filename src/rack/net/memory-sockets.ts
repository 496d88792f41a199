import { CodedError } from '../../errors/coded-error.ts';
import type { NetErrorCode } from './errors.ts';
import type { SocketFactory, UdpPeer, UdpSocket } from './sockets.ts';

/** One datagram that a server sent. `mac` is set when it left by a link sender. */
export interface SentDatagram {
  device: string | undefined;
  from: number;
  to: UdpPeer;
  data: Uint8Array;
  mac?: string;
}

/** A network of nothing but memory: tests put datagrams in and look at what came out. */
export interface MemorySockets extends SocketFactory {
  readonly sent: SentDatagram[];
  /** IPv6 packets that left by a link sender. */
  readonly ipv6: { device: string; mac: string; packet: Uint8Array }[];
  /** Hands a datagram to whoever is bound there; false when nobody is. */
  deliver(at: { device?: string; port: number }, data: Uint8Array, peer: UdpPeer): boolean;
  /** Called for every datagram sent, for peers that answer. */
  onSent(listener: (datagram: SentDatagram) => void): void;
}

/** See `MemorySockets`. `linkSenders: false` makes it one that cannot send frames. */
export function createMemorySockets(options: { linkSenders?: boolean } = {}): MemorySockets {
  const open = new Map<string, (data: Uint8Array, peer: UdpPeer) => void>();
  const sent: SentDatagram[] = [];
  const ipv6: MemorySockets['ipv6'] = [];
  let listener: (datagram: SentDatagram) => void = () => {};
  let nextPort = 40_000;
  const key = (device: string | undefined, port: number): string => `${device ?? '*'}:${port}`;
  const record = (datagram: SentDatagram): void => {
    sent.push(datagram);
    listener(datagram);
  };
  return {
    sent,
    ipv6,
    deliver(at, data, peer) {
      const receive = open.get(key(at.device, at.port)) ?? open.get(key(undefined, at.port));
      receive?.(data, peer);
      return receive !== undefined;
    },
    onSent(next) {
      listener = next;
    },
    async openUdp4({ device, port: wanted }) {
      const port = wanted === 0 ? nextPort++ : wanted;
      if (open.has(key(device, port))) {
        throw new CodedError<NetErrorCode>('PortInUse', `UDP port ${port} is in use`);
      }
      open.set(key(device, port), () => {});
      const socket: UdpSocket = {
        port,
        onMessage: (receive) => open.set(key(device, port), receive),
        onError() {},
        async send(data, to) {
          record({ device, from: port, to, data });
        },
        post(data, to) {
          record({ device, from: port, to, data: data instanceof Buffer ? Buffer.from(data) : data.slice() });
        },
        async close() {
          open.delete(key(device, port));
        },
      };
      return socket;
    },
    openLinkSender({ device }) {
      if (options.linkSenders === false) return undefined;
      return {
        send: ({ destinationMac, source, destination, data }) =>
          record({ device, from: source.port, to: destination, data, mac: destinationMac }),
        sendIpv6: (mac, packet) => ipv6.push({ device, mac, packet }),
        close() {},
      };
    },
  };
}
