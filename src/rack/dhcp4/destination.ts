import { macFromBytes } from '../../domain/net/mac.ts';
import { messageType } from './options.ts';
import { broadcastFlag, type Dhcp4Packet } from './packet.ts';

/** Where an answer goes. Addresses are unsigned 32-bit numbers. */
export type Destination =
  /** To the relay's server port. */
  | { kind: 'Relay'; address: number }
  /** To a client that has the address and answers ARP for it. */
  | { kind: 'Unicast'; address: number }
  /** To a client that has no address yet, by its hardware address. */
  | { kind: 'Link'; address: number; mac: string }
  | { kind: 'Broadcast' };

/**
 * RFC 2131, 4.1: the relay if there is one; else a client that has an address, by that address; else everybody when
 * the client asks for it; else the client's hardware address. A refusal (NAK) to the rack's own network is always
 * broadcast, since the client's address is what is wrong.
 */
export function replyDestination(
  request: Pick<Dhcp4Packet, 'giaddr' | 'ciaddr' | 'flags' | 'htype' | 'chaddr'>,
  reply: { type: number; yiaddr: number },
): Destination {
  if (request.giaddr !== 0) return { kind: 'Relay', address: request.giaddr };
  if (reply.type === messageType.nak) return { kind: 'Broadcast' };
  if (request.ciaddr !== 0) return { kind: 'Unicast', address: request.ciaddr };
  const ethernet = request.htype === 1 && request.chaddr.length === 6;
  if (request.flags & broadcastFlag || !ethernet || reply.yiaddr === 0) return { kind: 'Broadcast' };
  return { kind: 'Link', address: reply.yiaddr, mac: macFromBytes(request.chaddr) };
}
