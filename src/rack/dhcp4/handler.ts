import { ipv4FromNumber, ipv4ToNumber } from '../../domain/net/address.ts';
import { type Client, readClient } from './client.ts';
import type { IdentityRule } from './identity.ts';
import { isHeld, type LeaseEntry } from './leases/lease.ts';
import type { LeaseView } from './leases/lease-table.ts';
import { messageType, option, readNumber } from './options.ts';
import type { Dhcp4Packet } from './packet.ts';
import type {
  BootAnswer,
  BootClient,
  DhcpNetwork,
  DhcpReservation,
  DhcpSighting,
  DhcpSubnet,
} from './ports.ts';
import type { RelayAgent } from './relay-agent.ts';
import { type Grant, grantReply, type Reply, refusal } from './reply.ts';
import { inRanges, onSubnet, planOf, type SubnetPlan } from './subnet-plan.ts';

/** Everything that an answer depends on; nothing here is changed by answering. */
export interface HandlerContext {
  device: string;
  network: DhcpNetwork;
  relay: RelayAgent | undefined;
  /** The sender's address, an unsigned 32-bit number. */
  source: number;
  /** Milliseconds since the Unix epoch. */
  now: number;
  leases: LeaseView;
  reservation(mac: string): DhcpReservation | undefined;
  boot(client: BootClient, subnet: DhcpSubnet): BootAnswer;
  identity?: IdentityRule;
}

/** Why a packet got no answer. */
export type IgnoreReason =
  | 'NotARequest'
  | 'Bootp'
  | 'NoIdentity'
  | 'Malformed'
  | 'UnknownType'
  | 'OtherServer'
  | 'NoAddress'
  | 'UnknownClient'
  | 'NotTheirs';

/** What is to be done about a packet. */
export type Outcome =
  | { kind: 'Ignore'; reason: IgnoreReason; client?: Client }
  /** A lease ends; nobody waits for an answer. */
  | { kind: 'Record'; commit: LeaseEntry; client: Client }
  | {
      kind: 'Reply';
      reply: Reply;
      client: Client;
      /** Kept in memory before the answer leaves. */
      hold?: LeaseEntry;
      /** On disk before the answer leaves. */
      commit?: LeaseEntry;
      sighting?: DhcpSighting;
    };

/** How long an offered address is kept: longer than the retransmissions of any firmware. */
const offerMs = 60_000;
/** How long a declined address is given to nobody. */
const probationMs = 24 * 3600 * 1000;

/** Decides on one packet (RFC 2131, 4.3). Throws CodedError `BadSubnet` for a network that makes no sense. */
export function handle(packet: Dhcp4Packet, context: HandlerContext): Outcome {
  if (packet.op !== 1) return { kind: 'Ignore', reason: 'NotARequest' };
  const type = readNumber(packet.options, option.messageType);
  if (type === undefined) return { kind: 'Ignore', reason: 'Bootp' };
  const client = readClient(packet, context.identity);
  if (client === undefined) return { kind: 'Ignore', reason: 'NoIdentity' };
  const plans = context.network.subnets.map(planOf);
  const exchange: Exchange = { packet, context, client, plans, fixed: fixedAddress(client, plans, context) };
  switch (type) {
    case messageType.discover:
      return discover(exchange);
    case messageType.request:
      return request(exchange);
    case messageType.decline:
      return decline(exchange);
    case messageType.release:
      return release(exchange);
    case messageType.inform:
      return inform(exchange);
    default:
      return { kind: 'Ignore', reason: 'UnknownType', client };
  }
}

/** One packet with what was found out about it. */
interface Exchange {
  packet: Dhcp4Packet;
  context: HandlerContext;
  client: Client;
  plans: SubnetPlan[];
  /** The client's reservation, when it is on this network and nobody else holds the address. */
  fixed: Address | undefined;
}

interface Address {
  plan: SubnetPlan;
  address: number;
  hostname: string | undefined;
  /** False for a reservation: any rack gives it without a record, unless it lies in a range that others get. */
  recorded: boolean;
}

type Verdict = { kind: 'Grant'; address: Address } | { kind: 'Refuse'; why: string } | { kind: 'Silent' };

function discover(exchange: Exchange): Outcome {
  const { context, client, packet } = exchange;
  // A client's ciaddr means nothing here, though some fill it in.
  const anew = { ...packet, ciaddr: 0 };
  const address = exchange.fixed ?? dynamicAddress(exchange);
  if (address === undefined) return { kind: 'Ignore', reason: 'NoAddress', client };
  const reply = grantReply(
    anew,
    client,
    context.relay,
    messageType.offer,
    grantOf(exchange, address, address.plan.subnet.leaseSeconds),
  );
  const outcome: Outcome = {
    kind: 'Reply',
    reply,
    client,
    sighting: sightingOf(exchange, address, 'Discover'),
  };
  const own = context.leases.of(client.id, address.plan.subnet.name);
  const bound = own?.address === address.address && own.state === 'Bound' && isHeld(own, context.now);
  if (address.recorded && !bound) outcome.hold = entryOf(exchange, address, 'Offered', context.now + offerMs);
  return outcome;
}

function request(exchange: Exchange): Outcome {
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
  const { leaseSeconds } = address.plan.subnet;
  const grant = grantOf(exchange, address, leaseSeconds);
  const outcome: Outcome = {
    kind: 'Reply',
    reply: grantReply(asked, client, context.relay, messageType.ack, grant),
    client,
    sighting: sightingOf(exchange, address, 'Ack'),
  };
  if (address.recorded) {
    outcome.commit = entryOf(exchange, address, 'Bound', context.now + leaseSeconds * 1000);
  }
  return outcome;
}

/** RFC 2131, 4.3.2: whether a client may have the address that it names. */
function judge(exchange: Exchange, wanted: number, state: 'Selecting' | 'Rebooting' | 'Renewing'): Verdict {
  const { fixed, plans, context, client } = exchange;
  const plan = plans.find((candidate) => onSubnet(candidate, wanted));
  if (plan === undefined) return { kind: 'Refuse', why: 'the address is not of this network' };
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

function decline(exchange: Exchange): Outcome {
  const { packet, client, context, plans } = exchange;
  const wanted = readNumber(packet.options, option.requestedAddress);
  const server = readNumber(packet.options, option.serverIdentifier);
  if (server !== undefined && !isOurs(exchange, server)) {
    return { kind: 'Ignore', reason: 'OtherServer', client };
  }
  const plan = plans.find((candidate) => wanted !== undefined && onSubnet(candidate, wanted));
  const own = plan && context.leases.of(client.id, plan.subnet.name);
  if (own === undefined || own.address !== wanted) return { kind: 'Ignore', reason: 'NotTheirs', client };
  const end = context.now + probationMs;
  return { kind: 'Record', client, commit: { ...own, client: '', state: 'Declined', end } };
}

function release(exchange: Exchange): Outcome {
  const { packet, client, context, plans } = exchange;
  const plan = plans.find((candidate) => onSubnet(candidate, packet.ciaddr));
  const own = plan && context.leases.of(client.id, plan.subnet.name);
  if (own === undefined || own.address !== packet.ciaddr || own.state !== 'Bound') {
    return { kind: 'Ignore', reason: 'NotTheirs', client };
  }
  return { kind: 'Record', client, commit: { ...own, state: 'Released', end: context.now } };
}

/** A client that has its address by other means asks for the rest (RFC 2131, 4.3.5). */
function inform(exchange: Exchange): Outcome {
  const { packet, client, context, plans } = exchange;
  const own = packet.ciaddr || context.source;
  const plan = plans.find((candidate) => onSubnet(candidate, own));
  if (plan === undefined) return { kind: 'Ignore', reason: 'NoAddress', client };
  const hostname = exchange.fixed?.address === own ? exchange.fixed.hostname : undefined;
  const grant = grantOf(exchange, { plan, address: 0, hostname, recorded: false }, undefined);
  const reply = grantReply({ ...packet, ciaddr: own }, client, context.relay, messageType.ack, grant);
  return { kind: 'Reply', reply, client };
}

function fixedAddress(
  client: Client,
  plans: readonly SubnetPlan[],
  context: HandlerContext,
): Address | undefined {
  if (client.mac === '') return undefined;
  const reservation = context.reservation(client.mac);
  if (reservation === undefined) return undefined;
  const plan = plans.find(({ subnet }) => subnet.name === reservation.subnet);
  const address = ipv4ToNumber(reservation.address);
  if (plan === undefined || address === undefined || !onSubnet(plan, address)) return undefined;
  const holder = context.leases.at(address);
  if (holder !== undefined && holder.client !== client.id && isHeld(holder, context.now)) return undefined;
  return { plan, address, hostname: reservation.hostname, recorded: inRanges(plan, address) };
}

function dynamicAddress({ packet, plans, context, client }: Exchange): Address | undefined {
  const requested = readNumber(packet.options, option.requestedAddress);
  const link = context.relay?.link;
  const rank = (plan: SubnetPlan): number => {
    if (context.leases.of(client.id, plan.subnet.name) !== undefined) return 0;
    return link !== undefined && onSubnet(plan, link) ? 1 : 2;
  };
  for (const plan of plans.length > 1 ? plans.toSorted((a, b) => rank(a) - rank(b)) : plans) {
    const address = context.leases.pick(plan, client.id, requested, context.now);
    if (address !== undefined) return { plan, address, hostname: undefined, recorded: true };
  }
  return undefined;
}

function isOurs({ plans, context }: Exchange, server: number): boolean {
  return context.relay?.serverIdentifier === server || plans.some((plan) => plan.server === server);
}

function grantOf(
  { client, context }: Exchange,
  { plan, address, hostname }: Address,
  leaseSeconds: number | undefined,
): Grant {
  const { subnet } = plan;
  const boot: BootAnswer =
    client.kind === 'OS' || subnet.bootDisabled ? { kind: 'None' } : context.boot(client, subnet);
  return { plan, address, leaseSeconds, hostname, boot };
}

function entryOf(
  { client }: Exchange,
  { plan, address }: Address,
  state: LeaseEntry['state'],
  end: number,
): LeaseEntry {
  const { id, mac, hostname } = client;
  return { address, subnet: plan.subnet.name, client: id, mac, hostname, state, end };
}

function sightingOf(
  { client, context }: Exchange,
  { plan, address }: Address,
  stage: DhcpSighting['stage'],
): DhcpSighting {
  return {
    mac: client.mac,
    device: context.device,
    vlan: context.network.vlan,
    subnet: plan.subnet.name,
    address: ipv4FromNumber(address),
    architecture: client.architecture,
    stage,
    client: client.kind,
  };
}
