import { ipv4ToNumber } from '../../domain/net/address.ts';
import { bootFields } from './boot-reply.ts';
import type { Client } from './client.ts';
import { type Destination, replyDestination } from './destination.ts';
import {
  ipBytes,
  ipsBytes,
  messageType,
  option,
  readNumber,
  textBytes,
  u16Bytes,
  u32Bytes,
} from './options.ts';
import { broadcastFlag, type Dhcp4Packet, encodePacket } from './packet.ts';
import type { BootAnswer } from './ports.ts';
import type { RelayAgent } from './relay-agent.ts';
import type { SubnetPlan } from './subnet-plan.ts';

/** One message ready to leave. */
export interface Reply {
  type: number;
  bytes: Uint8Array;
  destination: Destination;
  /** The rack's address on the subnet: the source of frames that are built by hand. */
  serverAddress: number;
}

/** What the message says. Addresses are unsigned 32-bit numbers. */
export interface Grant {
  plan: SubnetPlan;
  /** 0 in the answer to an INFORM. */
  address: number;
  /** Undefined in the answer to an INFORM. */
  leaseSeconds: number | undefined;
  hostname: string | undefined;
  boot: BootAnswer;
}

/** An UDP payload that fits into Ethernet's 1500 bytes. */
const largest = 1472;
const ipAndUdpHeaders = 28;

/** An OFFER or ACK. Options in the order of their worth: what does not fit into the client's limit is at the end. */
export function grantReply(
  request: Dhcp4Packet,
  client: Client,
  relay: RelayAgent | undefined,
  type: number,
  grant: Grant,
): Reply {
  const { plan, address, leaseSeconds, boot } = grant;
  const bootable = bootFields(boot, client.kind, client.requested);
  const options = new Map<number, Uint8Array>();
  const server = relay?.serverIdentifier ?? plan.server;
  options.set(option.messageType.code, Uint8Array.of(type));
  options.set(option.serverIdentifier.code, ipBytes(server));
  if (leaseSeconds !== undefined) {
    // T1 and T2 in the OFFER too: HP's JetDirect cards take no offer without them.
    options.set(option.leaseTime.code, u32Bytes(leaseSeconds));
    options.set(option.renewalTime.code, u32Bytes(Math.floor(leaseSeconds / 2)));
    options.set(option.rebindingTime.code, u32Bytes(Math.floor((leaseSeconds * 7) / 8)));
  }
  echo(request, options, option.relayAgent.code);
  options.set(option.subnetMask.code, ipBytes(plan.mask));
  if (plan.gateway !== undefined) options.set(option.router.code, ipsBytes([plan.gateway]));
  for (const [code, value] of bootable.options) options.set(code, value);
  echo(request, options, option.machineIdentifier.code);
  // RFC 6842: always, whatever the client asked for.
  echo(request, options, option.clientIdentifier.code);
  for (const [code, value] of configured(grant, client)) if (client.requested(code)) options.set(code, value);
  // RFC 3046, 2.2 wants the relay's information last; it was set early so that it has its place.
  toEnd(options, option.relayAgent.code);
  const packet: Dhcp4Packet = {
    ...header(request),
    ciaddr: leaseSeconds === undefined || type === messageType.ack ? request.ciaddr : 0,
    yiaddr: address,
    siaddr: (bootable.nextServer && ipv4ToNumber(bootable.nextServer)) || plan.server,
    file: bootable.file,
    options,
  };
  return {
    type,
    bytes: encodePacket(packet, { maximum: maximumOf(request) }),
    destination: replyDestination(request, { type, yiaddr: address }),
    serverAddress: plan.server,
  };
}

/** A NAK: the client must start anew. Behind a relay it asks for broadcast, the client's address being wrong. */
export function refusal(
  request: Dhcp4Packet,
  relay: RelayAgent | undefined,
  server: number,
  why: string,
): Reply {
  const options = new Map<number, Uint8Array>([
    [option.messageType.code, Uint8Array.of(messageType.nak)],
    [option.serverIdentifier.code, ipBytes(relay?.serverIdentifier ?? server)],
    [option.message.code, textBytes(why)],
  ]);
  echo(request, options, option.clientIdentifier.code);
  echo(request, options, option.relayAgent.code);
  const packet: Dhcp4Packet = { ...header(request), options };
  if (relay !== undefined) packet.flags |= broadcastFlag;
  return {
    type: messageType.nak,
    bytes: encodePacket(packet, { maximum: maximumOf(request) }),
    destination: replyDestination(request, { type: messageType.nak, yiaddr: 0 }),
    serverAddress: server,
  };
}

function header(request: Dhcp4Packet): Dhcp4Packet {
  const { htype, xid, flags, giaddr, chaddr } = request;
  return {
    op: 2,
    htype,
    hops: 0,
    xid,
    secs: 0,
    flags,
    ciaddr: 0,
    yiaddr: 0,
    siaddr: 0,
    giaddr,
    chaddr,
    sname: '',
    file: '',
    options: new Map(),
  };
}

function configured({ plan, hostname }: Grant, client: Client): [number, Uint8Array][] {
  const { subnet } = plan;
  const rows: [number, Uint8Array | undefined][] = [
    [option.dnsServers.code, plan.dns.length > 0 ? ipsBytes(plan.dns) : undefined],
    [option.domainName.code, subnet.domainName ? textBytes(subnet.domainName, client.wantsNul) : undefined],
    [option.hostName.code, hostname ? textBytes(hostname, client.wantsNul) : undefined],
    [option.interfaceMtu.code, subnet.mtu === undefined ? undefined : u16Bytes(subnet.mtu)],
    [option.broadcastAddress.code, plan.last - plan.first > 1 ? ipBytes(plan.last) : undefined],
    [option.ntpServers.code, plan.ntp.length > 0 ? ipsBytes(plan.ntp) : undefined],
  ];
  return rows.flatMap(([code, value]) => (value === undefined ? [] : [[code, value]]));
}

function echo(request: Dhcp4Packet, options: Map<number, Uint8Array>, code: number): void {
  const value = request.options.get(code);
  if (value !== undefined) options.set(code, value);
}

function toEnd(options: Map<number, Uint8Array>, code: number): void {
  const value = options.get(code);
  if (value === undefined) return;
  options.delete(code);
  options.set(code, value);
}

/** What the client can take; option 57 counts the headers for some and not for others, so they are taken off. */
function maximumOf(request: Dhcp4Packet): number {
  const said = readNumber(request.options, option.maximumSize) ?? 576;
  return Math.min(largest, Math.max(576, said) - ipAndUdpHeaders);
}
