import { bootp } from './bootp.ts';
import { readClient } from './client.ts';
import {
  dynamicAddress,
  type Exchange,
  entryOf,
  fixedAddress,
  grantOf,
  type HandlerContext,
  isOurs,
  type Outcome,
  sightingOf,
} from './exchange.ts';
import { isHeld } from './leases/lease.ts';
import { messageType, option, readNumber } from './options.ts';
import type { Dhcp4Packet } from './packet.ts';
import { selectedSubnet } from './relay-agent.ts';
import { grantReply } from './reply.ts';
import { request } from './request.ts';
import { onSubnet, planOf, type SubnetPlan } from './subnet-plan.ts';
import { promise } from './tenure.ts';

/** How long an offered address is kept: longer than the retransmissions of any firmware. */
const offerMs = 60_000;
/** How long a declined address is given to nobody. */
const probationMs = 24 * 3600 * 1000;
/** The same for an address that is reserved for the client: it is wanted back soon. */
const reservedProbationMs = 10 * 60 * 1000;

/** Decides on one packet (RFC 2131, 4.3). Throws CodedError `BadSubnet` for a network that makes no sense. */
export function handle(packet: Dhcp4Packet, context: HandlerContext): Outcome {
  if (packet.op !== 1) return { kind: 'Ignore', reason: 'NotARequest' };
  const type = readNumber(packet.options, option.messageType);
  const client = readClient(packet, context.identity);
  if (client === undefined) return { kind: 'Ignore', reason: 'NoIdentity' };
  const plans = plansFor(packet, context);
  if (plans.length === 0) return { kind: 'Ignore', reason: 'OtherSubnet', client };
  const exchange: Exchange = { packet, context, client, plans, fixed: fixedAddress(client, plans, context) };
  if (type === undefined) return bootp(exchange);
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

/** The subnets of the wire; a client that selects one (RFC 3011) has no other. A relay's selection found the network. */
function plansFor(packet: Dhcp4Packet, { network, relay }: HandlerContext): SubnetPlan[] {
  const plans = network.subnets.map(planOf);
  const selected = relay === undefined ? selectedSubnet(packet) : undefined;
  return selected === undefined ? plans : plans.filter((plan) => onSubnet(plan, selected));
}

function discover(exchange: Exchange): Outcome {
  const { context, client, packet } = exchange;
  // A client's ciaddr means nothing here, though some fill it in.
  const anew = { ...packet, ciaddr: 0 };
  const address = exchange.fixed ?? dynamicAddress(exchange);
  if (address === undefined) return { kind: 'Ignore', reason: 'NoAddress', client };
  const promised = address.recorded ? promise(context, address, client.id, false) : undefined;
  if (address.recorded && promised === undefined) return { kind: 'Ignore', reason: 'NotOurs', client };
  const reply = grantReply(
    anew,
    client,
    context.relay,
    messageType.offer,
    grantOf(exchange, address, promised?.seconds ?? address.plan.subnet.leaseSeconds),
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

function decline(exchange: Exchange): Outcome {
  const { packet, client, context, plans } = exchange;
  const wanted = readNumber(packet.options, option.requestedAddress);
  const server = readNumber(packet.options, option.serverIdentifier);
  if (server !== undefined && !isOurs(exchange, server)) {
    return { kind: 'Ignore', reason: 'OtherServer', client };
  }
  const plan = plans.find((candidate) => wanted !== undefined && onSubnet(candidate, wanted));
  const own = plan && context.leases.of(client.id, plan.subnet.name);
  if (own !== undefined && own.address === wanted) {
    const end = context.now + probationMs;
    return { kind: 'Record', client, commit: { ...own, client: '', state: 'Declined', end } };
  }
  // What is reserved for it is its own though there is no lease; it gets another address meanwhile, if there is one.
  if (exchange.fixed === undefined || exchange.fixed.address !== wanted) {
    return { kind: 'Ignore', reason: 'NotTheirs', client };
  }
  const declined = entryOf(exchange, exchange.fixed, 'Declined', context.now + reservedProbationMs);
  return { kind: 'Record', client, commit: { ...declined, client: '' } };
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
  const known = exchange.fixed?.address === own ? exchange.fixed : undefined;
  const { hostname, options } = known ?? { hostname: undefined, options: undefined };
  const address = { plan, address: own, hostname, recorded: false, options };
  const grant = { ...grantOf(exchange, address, undefined), address: 0 };
  const reply = grantReply({ ...packet, ciaddr: own }, client, context.relay, messageType.ack, grant);
  return { kind: 'Reply', reply, client };
}
