import type { DhcpOptionSetting } from '../../domain/dhcp/option-setting.ts';
import { ipv4FromNumber, ipv4ToNumber } from '../../domain/net/address.ts';
import { withSettings } from './answer-options.ts';
import type { Client } from './client.ts';
import type { IdentityRule } from './identity.ts';
import { isHeld, type LeaseEntry } from './leases/lease.ts';
import type { LeaseView } from './leases/lease-table.ts';
import { option, readNumber } from './options.ts';
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
import type { Grant, Reply } from './reply.ts';
import { answersOf, inRanges, onSubnet, type SubnetPlan } from './subnet-plan.ts';
import type { Tenure } from './tenure.ts';

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
  /** See `DhcpBackend`. */
  machineOptions?(mac: string): readonly DhcpOptionSetting[] | undefined;
  boot(client: BootClient, subnet: DhcpSubnet): BootAnswer;
  identity?: IdentityRule;
  /** See `PromiseContext`. */
  tenure?: Tenure | undefined;
  recording?: boolean | undefined;
}

/** The states of a client that sends a REQUEST (RFC 2131, 4.3.2). */
export type RequestState = 'Selecting' | 'Rebooting' | 'Renewing' | 'Rebinding';

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
  | 'NotTheirs'
  /** Another rack's to give, or none that can be recorded now. */
  | 'NotOurs'
  | 'OtherSubnet';

/** What is to be done about a packet. */
export type Outcome =
  | {
      kind: 'Ignore';
      reason: IgnoreReason;
      client?: Client;
      /** An offer that its client did not take: its address is free at once. */
      withdrawn?: LeaseEntry;
    }
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
      /** Of a client that sent a REQUEST. */
      state?: RequestState;
    };

/** One packet with what was found out about it. */
export interface Exchange {
  packet: Dhcp4Packet;
  context: HandlerContext;
  client: Client;
  plans: SubnetPlan[];
  /** The client's reservation, when it is on this network and nobody else holds the address. */
  fixed: Address | undefined;
}

/** An address that a client may have. */
export interface Address {
  plan: SubnetPlan;
  address: number;
  hostname: string | undefined;
  /** False for a reservation: any rack gives it without a record, unless it lies in a range that others get. */
  recorded: boolean;
  /** What a person set for the address. */
  options?: readonly DhcpOptionSetting[] | undefined;
}

/** The client's reservation, when it is on one of these subnets and nobody else holds the address. */
export function fixedAddress(
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
  const { hostname, options } = reservation;
  return { plan, address, hostname, recorded: inRanges(plan, address), options };
}

/** An address out of the dynamic ranges: where the client has one, else on the relay's subnet, else on the first. */
export function dynamicAddress({ packet, plans, context, client }: Exchange): Address | undefined {
  const requested = readNumber(packet.options, option.requestedAddress);
  const link = context.relay?.link;
  const rank = (plan: SubnetPlan): number => {
    if (context.leases.of(client.id, plan.subnet.name) !== undefined) return 0;
    return link !== undefined && onSubnet(plan, link) ? 1 : 2;
  };
  for (const plan of plans.length > 1 ? plans.toSorted((a, b) => rank(a) - rank(b)) : plans) {
    const address = context.leases.pick(plan, client.id, requested, context.now, context.tenure?.open(plan));
    if (address !== undefined) return { plan, address, hostname: undefined, recorded: true };
  }
  return undefined;
}

/** Whether a server identifier means this server, or the relay in its place. */
export function isOurs({ plans, context }: Exchange, server: number): boolean {
  return context.relay?.serverIdentifier === server || plans.some((plan) => plan.server === server);
}

/** What the message says; the backend is asked for the boot answer here. */
export function grantOf(
  { client, context }: Exchange,
  { plan, address, hostname, options }: Address,
  leaseSeconds: number | undefined,
): Grant {
  const { subnet } = plan;
  const machine = client.mac === '' ? undefined : context.machineOptions?.(client.mac);
  const answers = withSettings(withSettings(answersOf(plan, address), machine), options);
  const boot: BootAnswer =
    client.kind === 'OS' || subnet.bootDisabled ? { kind: 'None' } : context.boot(client, subnet);
  return { plan, address, leaseSeconds, hostname, boot, answers };
}

/** The lease of an address. */
export function entryOf(
  { client }: Exchange,
  { plan, address }: Address,
  state: LeaseEntry['state'],
  end: number,
): LeaseEntry {
  const { id, mac, hostname } = client;
  return { address, subnet: plan.subnet.name, client: id, mac, hostname, state, end };
}

/** What the backend is told of it. */
export function sightingOf(
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
