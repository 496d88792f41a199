import { messageType, option, readNumber } from './options.ts';
import type { Dhcp4Packet } from './packet.ts';

/** A DHCP server that was heard. Addresses are unsigned 32-bit numbers. */
export interface HeardServer {
  /** Its server identifier, or else where the packet came from. */
  address: number;
  /** Undefined for one that was heard through a relay. */
  mac: string | undefined;
}

/** One that was heard more than once or lately. Times are milliseconds since the epoch. */
export interface ForeignServer extends HeardServer {
  firstAt: number;
  lastAt: number;
}

const replies: ReadonlySet<number | undefined> = new Set([
  messageType.offer,
  messageType.ack,
  messageType.nak,
]);

/**
 * Which server a message on the wire is from; undefined for what is no server's answer, and for one in which a relay
 * stands in for a server that it does not name (RFC 5107).
 *
 * @param source the packet's source address
 * @param mac the frame's source
 */
export function serverOf(packet: Dhcp4Packet, source: number, mac: string): HeardServer | undefined {
  if (packet.op !== 2 || !replies.has(readNumber(packet.options, option.messageType))) return undefined;
  const address = readNumber(packet.options, option.serverIdentifier) ?? source;
  if (address === 0 || (packet.giaddr !== 0 && address === packet.giaddr)) return undefined;
  return { address, mac: packet.giaddr === 0 ? mac : undefined };
}

/** Servers heard on one interface. Anybody on the network can invent more: the latest are kept. */
export interface ForeignServers {
  heard(server: HeardServer, now: number): void;
  /** Those heard within the time, by address. */
  list(now: number): ForeignServer[];
}

export function createForeignServers(options: { forgetAfterMs: number; most?: number }): ForeignServers {
  const { forgetAfterMs, most = 16 } = options;
  const servers = new Map<number, ForeignServer>();
  return {
    heard({ address, mac }, now) {
      const before = servers.get(address);
      servers.delete(address);
      const known = before !== undefined && now - before.lastAt <= forgetAfterMs ? before : undefined;
      servers.set(address, { address, mac: mac ?? known?.mac, firstAt: known?.firstAt ?? now, lastAt: now });
      // Maps keep the order of insertion: the first was heard longest ago.
      for (const oldest of servers.keys()) {
        if (servers.size <= most) break;
        servers.delete(oldest);
      }
    },
    list: (now) =>
      [...servers.values()]
        .filter(({ lastAt }) => now - lastAt <= forgetAfterMs)
        .sort((a, b) => a.address - b.address),
  };
}
