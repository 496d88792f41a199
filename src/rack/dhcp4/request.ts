import { cidrContains, parseCidr } from '../../domain/net/cidr.ts';
import {
  type Address,
  type Exchange,
  entryOf,
  grantOf,
  isOurs,
  type Outcome,
  type RequestState,
  sightingOf,
} from './exchange.ts';
import { isHeld } from './leases/lease.ts';
import { messageType, option, readNumber } from './options.ts';
import type { DhcpNetwork } from './ports.ts';
import { grantReply, refusal } from './reply.ts';
import { inRanges, inSpans, onSubnet, type SubnetPlan } from './subnet-plan.ts';
import { promise } from './tenure.ts';

type Verdict = { kind: 'Grant'; address: Address } | { kind: 'Refuse'; why: string } | { kind: 'Silent' };

/** A REQUEST in each of its four states. */
export function request(exchange: Exchange): Outcome {
  const { packet, client, context, plans } = exchange;
  const server = readNumber(packet.options, option.serverIdentifier);
  const requested = readNumber(packet.options, option.requestedAddress);
  const selecting = server !== undefined && (requested !== undefined || packet.ciaddr === 0);
  if (selecting && !isOurs(exchange, server)) return turnedDown(exchange);
  const wanted = requested ?? packet.ciaddr;
  if (wanted === 0) return { kind: 'Ignore', reason: 'Malformed', client };
  const state = stateOf(exchange, selecting, requested);
  // Only a client that renews has the address it names in ciaddr; others must not be answered there.
  const asked = isExtending(state) ? packet : { ...packet, ciaddr: 0 };
  const verdict = judge(exchange, wanted, state);
  if (verdict.kind === 'Silent') return { kind: 'Ignore', reason: 'UnknownClient', client };
  if (verdict.kind === 'Refuse') {
    const speaker = plans.find((plan) => onSubnet(plan, context.relay?.link ?? wanted)) ?? plans[0];
    if (speaker === undefined) return { kind: 'Ignore', reason: 'NoAddress', client };
    return {
      kind: 'Reply',
      reply: refusal(asked, context.relay, speaker.server, verdict.why),
      client,
      state,
    };
  }
  const { address } = verdict;
  const promised = address.recorded ? promise(context, address, client.id, isExtending(state)) : undefined;
  if (address.recorded && promised === undefined) return { kind: 'Ignore', reason: 'NotOurs', client };
  const leaseSeconds = promised?.seconds ?? address.plan.subnet.leaseSeconds;
  const grant = grantOf(exchange, address, leaseSeconds);
  const outcome: Outcome = {
    kind: 'Reply',
    reply: grantReply(asked, client, context.relay, messageType.ack, grant),
    client,
    state,
    sighting: sightingOf(exchange, address, 'Ack'),
  };
  if (promised?.record) {
    outcome.commit = entryOf(exchange, address, 'Bound', context.now + leaseSeconds * 1000);
  }
  return outcome;
}

/** The client took another server's offer (RFC 2131, 4.3.2): ours need not be kept for it. */
function turnedDown({ client, plans, context }: Exchange): Outcome {
  const outcome: Outcome = { kind: 'Ignore', reason: 'OtherServer', client };
  for (const { subnet } of plans) {
    const own = context.leases.of(client.id, subnet.name);
    if (own?.state === 'Offered' && isHeld(own, context.now)) {
      return { ...outcome, withdrawn: { ...own, end: context.now } };
    }
  }
  return outcome;
}

/**
 * Renewing and rebinding differ in that the first is sent to one server and the second to all; of what a relay passed
 * on, the relay itself may say it (RFC 5010).
 */
function stateOf({ context }: Exchange, selecting: boolean, requested: number | undefined): RequestState {
  if (selecting) return 'Selecting';
  if (requested !== undefined) return 'Rebooting';
  return context.relay !== undefined && context.relay.unicast !== true ? 'Rebinding' : 'Renewing';
}

function isExtending(state: RequestState): boolean {
  return state === 'Renewing' || state === 'Rebinding';
}

/** RFC 2131, 4.3.2: whether a client may have the address that it names. */
function judge(exchange: Exchange, wanted: number, state: RequestState): Verdict {
  const { fixed, plans, context, client } = exchange;
  const plan = plans.find((candidate) => onSubnet(candidate, wanted));
  if (plan === undefined) return judgeStranger(context.network, wanted, state);
  const slice = judgeSlice(exchange, { plan, address: wanted }, state);
  if (slice !== undefined) return slice;
  if (fixed?.address === wanted) return { kind: 'Grant', address: fixed };
  const own = context.leases.of(client.id, plan.subnet.name);
  const owned = own?.address === wanted && inRanges(plan, wanted);
  if (fixed !== undefined) {
    // A running machine keeps the address that it works with; at its next start it gets the reserved one.
    const keep = isExtending(state) && owned && isHeld(own, context.now);
    if (!keep) return { kind: 'Refuse', why: 'another address is reserved for this client' };
  }
  const granted: Verdict = {
    kind: 'Grant',
    address: { plan, address: wanted, hostname: undefined, recorded: true },
  };
  if (owned) return granted;
  const holder = context.leases.at(wanted);
  // Who extends an address that was found in use is the one who uses it: its lease was lost with the record.
  const returns = holder?.state === 'Declined' && isExtending(state);
  if (holder !== undefined && isHeld(holder, context.now) && !returns) {
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

/** What the slice of a dynamic address alone decides; undefined: nothing. */
function judgeSlice(
  { context }: Exchange,
  { plan, address }: { plan: SubnetPlan; address: number },
  state: RequestState,
): Verdict | undefined {
  const { tenure, leases } = context;
  if (tenure === undefined || !inRanges(plan, address)) return undefined;
  if (tenure.limit(plan, address) === undefined) {
    // Whose the address is, the rack that has its slice knows; a client that was offered it here must start anew.
    if (state !== 'Selecting') return { kind: 'Silent' };
    return { kind: 'Refuse', why: 'the address is not given out here any more' };
  }
  const claimed = isExtending(state) && leases.at(address) === undefined;
  if (!claimed || inSpans(tenure.open(plan), address)) return undefined;
  // Of a slice taken over from another rack: whoever has an address shows it by extending it.
  return { kind: 'Grant', address: { plan, address, hostname: undefined, recorded: true } };
}

/** Of an address that is on none of our subnets. Where the wire carries another's too, its client is not ours to refuse. */
function judgeStranger({ elsewhere = [] }: DhcpNetwork, address: number, state: RequestState): Verdict {
  const ip = { family: 4, value: BigInt(address) } as const;
  const isTheirs = elsewhere.some((cidr) => cidrContains(parseCidr(cidr), ip));
  if (isTheirs && state !== 'Selecting') return { kind: 'Silent' };
  return { kind: 'Refuse', why: 'the address is not of this network' };
}
