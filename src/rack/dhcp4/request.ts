import {
  type Address,
  type Exchange,
  entryOf,
  grantOf,
  isOurs,
  type Outcome,
  sightingOf,
} from './exchange.ts';
import { isHeld } from './leases/lease.ts';
import { messageType, option, readNumber } from './options.ts';
import { grantReply, refusal } from './reply.ts';
import { inRanges, onSubnet } from './subnet-plan.ts';
import { promise } from './tenure.ts';

type Verdict = { kind: 'Grant'; address: Address } | { kind: 'Refuse'; why: string } | { kind: 'Silent' };

/** A REQUEST in each of its four states. */
export function request(exchange: Exchange): Outcome {
  const { packet, client, context, plans } = exchange;
  const server = readNumber(packet.options, option.serverIdentifier);
  const requested = readNumber(packet.options, option.requestedAddress);
  const selecting = server !== undefined && (requested !== undefined || packet.ciaddr === 0);
  if (selecting && !isOurs(exchange, server)) return { kind: 'Ignore', reason: 'OtherServer', client };
  const wanted = requested ?? packet.ciaddr;
  if (wanted === 0) return { kind: 'Ignore', reason: 'Malformed', client };
  const state = selecting ? 'Selecting' : requested !== undefined ? 'Rebooting' : 'Renewing';
  // Only a client that renews has the address it names in ciaddr; others must not be answered there.
  const asked = state === 'Renewing' ? packet : { ...packet, ciaddr: 0 };
  const verdict = judge(exchange, wanted, state);
  if (verdict.kind === 'Silent') return { kind: 'Ignore', reason: 'UnknownClient', client };
  if (verdict.kind === 'Refuse') {
    const speaker = plans.find((plan) => onSubnet(plan, context.relay?.link ?? wanted)) ?? plans[0];
    if (speaker === undefined) return { kind: 'Ignore', reason: 'NoAddress', client };
    return { kind: 'Reply', reply: refusal(asked, context.relay, speaker.server, verdict.why), client };
  }
  const { address } = verdict;
  const promised = address.recorded ? promise(context, address, client.id, state === 'Renewing') : undefined;
  if (address.recorded && promised === undefined) return { kind: 'Ignore', reason: 'NotOurs', client };
  const leaseSeconds = promised?.seconds ?? address.plan.subnet.leaseSeconds;
  const grant = grantOf(exchange, address, leaseSeconds);
  const outcome: Outcome = {
    kind: 'Reply',
    reply: grantReply(asked, client, context.relay, messageType.ack, grant),
    client,
    sighting: sightingOf(exchange, address, 'Ack'),
  };
  if (promised?.record) {
    outcome.commit = entryOf(exchange, address, 'Bound', context.now + leaseSeconds * 1000);
  }
  return outcome;
}

/** RFC 2131, 4.3.2: whether a client may have the address that it names. */
function judge(exchange: Exchange, wanted: number, state: 'Selecting' | 'Rebooting' | 'Renewing'): Verdict {
  const { fixed, plans, context, client } = exchange;
  const plan = plans.find((candidate) => onSubnet(candidate, wanted));
  if (plan === undefined) return { kind: 'Refuse', why: 'the address is not of this network' };
  if (inRanges(plan, wanted) && context.tenure?.limit(plan, wanted) === undefined && context.tenure) {
    // Whose the address is, the rack that has its slice knows; a client that was offered it here must start anew.
    return state === 'Selecting'
      ? { kind: 'Refuse', why: 'the address is not given out here any more' }
      : { kind: 'Silent' };
  }
  if (fixed?.address === wanted) return { kind: 'Grant', address: fixed };
  const own = context.leases.of(client.id, plan.subnet.name);
  const owned = own?.address === wanted && inRanges(plan, wanted);
  if (fixed !== undefined) {
    // A running machine keeps the address that it works with; at its next start it gets the reserved one.
    const keep = state === 'Renewing' && owned && isHeld(own, context.now);
    if (!keep) return { kind: 'Refuse', why: 'another address is reserved for this client' };
  }
  const granted: Verdict = {
    kind: 'Grant',
    address: { plan, address: wanted, hostname: undefined, recorded: true },
  };
  if (owned) return granted;
  const holder = context.leases.at(wanted);
  if (holder !== undefined && isHeld(holder, context.now)) {
    return { kind: 'Refuse', why: 'the address belongs to another client' };
  }
  if (own !== undefined) return { kind: 'Refuse', why: 'this client has another address' };
  // Nothing is known of the client: an offer or a lease that was lost with its record, or another server's client.
  if (!inRanges(plan, wanted) || state === 'Rebooting') {
    return state === 'Selecting'
      ? { kind: 'Refuse', why: 'the address was not offered' }
      : { kind: 'Silent' };
  }
  return granted;
}
