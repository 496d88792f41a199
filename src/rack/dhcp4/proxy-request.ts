import { ipv4FromNumber } from '../../domain/net/address.ts';
import { type Client, readClient } from './client.ts';
import { messageType, option, readNumber } from './options.ts';
import type { Dhcp4Packet } from './packet.ts';
import type { BootAnswer, BootClient, DhcpNetwork, DhcpSighting, DhcpSubnet } from './ports.ts';
import { bootServerReply, proxyOffer } from './proxy-reply.ts';
import type { RelayAgent } from './relay-agent.ts';
import type { Reply } from './reply.ts';
import { onSubnet, planOf, type SubnetPlan } from './subnet-plan.ts';

/** What the answer to one packet depends on. */
export interface ProxyContext {
  device: string;
  network: DhcpNetwork;
  relay: RelayAgent | undefined;
  /** The sender's address, an unsigned 32-bit number; 0 for a client that has none. */
  source: number;
  /** Whether UDP 4011 is served on the device. */
  redirect: boolean;
  boot(client: BootClient, subnet: DhcpSubnet): BootAnswer;
}

/** What is to be done about a packet where another server gives the addresses. */
export interface ProxyOutcome {
  client?: Client;
  reply?: Reply;
  /** The address that another server gave, as the client itself names it. */
  sighting?: DhcpSighting;
}

/**
 * A packet on port 67 of a VLAN in mode Proxy: DISCOVERs of those that boot from the network get boot information, and
 * everybody else hears nothing. A REQUEST is another server's to answer; the address in it is noted.
 */
export function proxyRequest(packet: Dhcp4Packet, context: ProxyContext): ProxyOutcome {
  const client = packet.op === 1 ? readClient(packet) : undefined;
  if (client === undefined || client.mac === '') return {};
  const type = readNumber(packet.options, option.messageType);
  if (type === messageType.request) {
    const address = packet.ciaddr || readNumber(packet.options, option.requestedAddress);
    return { client, ...noted(client, context, address) };
  }
  if (type !== messageType.discover || client.kind === 'OS') return { client };
  const plan = planFor(context, context.relay?.link);
  if (plan === undefined) return { client };
  const grant = { server: plan.server, boot: bootOf(client, plan, context) };
  const reply = proxyOffer(packet, client, grant, context.redirect && context.relay === undefined);
  return reply === undefined ? { client } : { client, reply };
}

/** A packet on port 4011, in mode Proxy and in mode Server: the same boot file again, by unicast. */
export function bootServerRequest(packet: Dhcp4Packet, context: ProxyContext): ProxyOutcome {
  const client = packet.op === 1 ? readClient(packet) : undefined;
  if (client === undefined || client.kind === 'OS' || client.mac === '') return {};
  const type = readNumber(packet.options, option.messageType);
  const answer = type === undefined ? undefined : answers.get(type);
  // Who asks here has an address already, and the answer goes there and nowhere else.
  const own = packet.ciaddr || context.source;
  const plan = own === context.source ? planFor(context, own) : undefined;
  if (answer === undefined || plan === undefined || !onSubnet(plan, own)) return { client };
  const grant = { server: plan.server, boot: bootOf(client, plan, context) };
  const reply = bootServerReply(packet, client, grant, answer);
  const sighting = context.network.mode === 'Proxy' ? noted(client, context, own) : {};
  return { client, ...sighting, ...(reply === undefined ? {} : { reply }) };
}

const answers: ReadonlyMap<number, number> = new Map([
  [messageType.discover, messageType.offer],
  [messageType.request, messageType.ack],
  [messageType.inform, messageType.ack],
]);

function planFor({ network }: ProxyContext, address: number | undefined): SubnetPlan | undefined {
  const plans = network.subnets.map(planOf);
  return plans.find((plan) => address !== undefined && onSubnet(plan, address)) ?? plans[0];
}

function bootOf(client: Client, { subnet }: SubnetPlan, context: ProxyContext): BootAnswer {
  return subnet.bootDisabled ? { kind: 'None' } : context.boot(client, subnet);
}

/** Behind a relay nothing is noted: nobody could tell whether the client has the address. */
function noted(
  client: Client,
  { network, device, relay }: ProxyContext,
  address: number | undefined,
): Pick<ProxyOutcome, 'sighting'> {
  const plan = network.subnets.map(planOf).find((one) => address !== undefined && onSubnet(one, address));
  if (plan === undefined || address === undefined || relay !== undefined) return {};
  const { mac, architecture, kind } = client;
  const sighting: DhcpSighting = {
    ...{ mac, device, architecture, vlan: network.vlan, subnet: plan.subnet.name },
    ...{ address: ipv4FromNumber(address), stage: 'Ack', client: kind, overheard: true },
  };
  return { sighting };
}
