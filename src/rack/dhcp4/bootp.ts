import { type Exchange, grantOf, type Outcome, sightingOf } from './exchange.ts';
import { bootpReply } from './reply.ts';

/**
 * A request of BOOTP (RFC 951, RFC 1497), as printers and network cards of old send it. Its clients keep an address for
 * ever and never say so again: they get one that is reserved for them, or no answer.
 */
export function bootp(exchange: Exchange): Outcome {
  const { packet, context, client, fixed } = exchange;
  if (fixed === undefined) return { kind: 'Ignore', reason: 'Bootp', client };
  // RFC 951, 7.3: a client may want one server, by a name that is none of ours.
  if (packet.sname !== '') return { kind: 'Ignore', reason: 'OtherServer', client };
  const reply = bootpReply(packet, client, context.relay, grantOf(exchange, fixed, undefined));
  return { kind: 'Reply', reply, client, sighting: sightingOf(exchange, fixed, 'Ack') };
}
