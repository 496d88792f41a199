import { ipv4ToNumber } from '../../domain/net/address.ts';
import { type AnswerOptions, prepareOptions } from './answer-options.ts';
import { bootFields } from './boot-reply.ts';
import type { Client } from './client.ts';
import { type Destination, replyDestination } from './destination.ts';
import { dhcpPadding, encodeReply } from './encode-reply.ts';
import { answerFqdn } from './fqdn.ts';
import { leadOf } from './lease-times.ts';
import { messageType, option, readNumber, textBytes } from './options.ts';
import { broadcastFlag, type Dhcp4Packet } from './packet.ts';
import type { BootAnswer } from './ports.ts';
import type { RelayAgent } from './relay-agent.ts';
import type { SubnetPlan } from './subnet-plan.ts';
import { tlv } from './tlv.ts';

/** One message ready to leave. */
export interface Reply {
  type: number;
  bytes: Uint8Array;
  destination: Destination;
  /** The rack's address on the subnet: the source of frames that are built by hand. */
  serverAddress: number;
  /** Undefined: all that the client is to be told is in it. */
  unsent?: UnsentOptions | undefined;
}

/** Options that are not in a message though they should be. */
export interface UnsentOptions {
  /** Settings that cannot be encoded, in sentences. */
  problems: readonly string[];
  /** Codes for which the client's message has no room. */
  noRoom: readonly number[];
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
  /** What this client may be told of its subnet, range, machine and address. */
  answers: AnswerOptions;
}

/** An UDP payload that fits into Ethernet's 1500 bytes. */
const largest = 1472;
const ipAndUdpHeaders = 28;
const smallest = 576;
/** A BOOTP message (RFC 951, 3). */
const bootpSize = 300;
/** `Reply.type` of an answer that has no DHCP message type. */
export const bootpReplyType = 0;

/** An OFFER or ACK. What does not fit into the client's limit is what matters least to it. */
export function grantReply(
  request: Dhcp4Packet,
  client: Client,
  relay: RelayAgent | undefined,
  type: number,
  grant: Grant,
): Reply {
  const { plan, address, leaseSeconds, boot, answers } = grant;
  const maximum = maximumOf(request);
  const bootable = bootFields(boot, client.kind, client.requested);
  const boots = client.kind !== 'OS' && !plan.subnet.bootDisabled;
  const prepared = prepareOptions(answers, { list: client.list, wantsNul: client.wantsNul, boots });
  const chunks = [lead(type, relay, grant), prepared.essential];
  for (const [code, value] of bootable.options) chunks.push(tlv(code, value));
  // RFC 6842: the client's identifier always, whatever it asked for; the others because who sends them looks for them.
  for (const code of echoedCodes) pushEcho(chunks, request, code, maximum);
  pushNames(chunks, client, grant);
  chunks.push(prepared.rest);
  const own = bootable.file === '' && !boots;
  const nextServer =
    (bootable.nextServer && ipv4ToNumber(bootable.nextServer)) || (own ? prepared.nextServer : undefined);
  const noRoom: number[] = [];
  const bytes = encodeReply(
    request,
    {
      ciaddr: leaseSeconds === undefined || type === messageType.ack ? request.ciaddr : 0,
      yiaddr: address,
      siaddr: nextServer ?? plan.server,
      flags: request.flags,
      file: own ? prepared.file : bootable.file,
    },
    chunks,
    echo(request, option.relayAgent.code, maximum),
    // Firmware reads the file and sname fields as what they are named.
    {
      ...{ maximum, overload: client.kind === 'OS', padding: dhcpPadding },
      leftOut: (code) => noRoom.push(code),
    },
  );
  const destination = replyDestination(request, { type, yiaddr: address });
  const reply: Reply = { type, bytes, destination, serverAddress: plan.server };
  const { problems } = answers;
  return problems.length + noRoom.length === 0 ? reply : { ...reply, unsent: { problems, noRoom } };
}

/** An answer of BOOTP: the address, the file, and what of the options has room in 300 bytes. */
export function bootpReply(
  request: Dhcp4Packet,
  client: Client,
  relay: RelayAgent | undefined,
  grant: Grant,
): Reply {
  const { plan, address, answers } = grant;
  const prepared = prepareOptions(answers, { list: undefined, wantsNul: client.wantsNul, boots: false });
  const chunks = [prepared.essential];
  pushNames(chunks, client, grant);
  chunks.push(prepared.rest);
  const bytes = encodeReply(
    request,
    {
      ciaddr: request.ciaddr,
      yiaddr: address,
      siaddr: prepared.nextServer ?? plan.server,
      flags: request.flags,
      file: prepared.file,
    },
    chunks,
    relay === undefined ? undefined : echo(request, option.relayAgent.code, bootpSize),
    { maximum: bootpSize, overload: false, padding: 1 },
  );
  const destination = replyDestination(request, { type: bootpReplyType, yiaddr: address });
  return { type: bootpReplyType, bytes, destination, serverAddress: plan.server };
}

/** A NAK: the client must start anew. Behind a relay it asks for broadcast, the client's address being wrong. */
export function refusal(
  request: Dhcp4Packet,
  relay: RelayAgent | undefined,
  server: number,
  why: string,
): Reply {
  const maximum = maximumOf(request);
  const chunks = [
    leadOf(messageType.nak, relay?.serverIdentifier ?? server, undefined),
    tlv(option.message.code, textBytes(why)),
  ];
  pushEcho(chunks, request, option.clientIdentifier.code, maximum);
  const bytes = encodeReply(
    request,
    {
      ciaddr: 0,
      yiaddr: 0,
      siaddr: 0,
      flags: relay === undefined ? request.flags : request.flags | broadcastFlag,
      file: '',
    },
    chunks,
    echo(request, option.relayAgent.code, maximum),
    { maximum, overload: false, padding: dhcpPadding },
  );
  return {
    type: messageType.nak,
    bytes,
    destination: replyDestination(request, { type: messageType.nak, yiaddr: 0 }),
    serverAddress: server,
  };
}

const echoedCodes: readonly number[] = [
  option.machineIdentifier.code,
  option.clientIdentifier.code,
  option.subnetSelection.code,
];

function lead(type: number, relay: RelayAgent | undefined, { plan, leaseSeconds }: Grant): Uint8Array {
  const server = relay?.serverIdentifier;
  if (server === undefined && leaseSeconds === undefined) return plan.leads.inform;
  if (server === undefined && leaseSeconds === plan.subnet.leaseSeconds) {
    return type === messageType.offer ? plan.leads.offer : plan.leads.ack;
  }
  return leadOf(type, server ?? plan.server, leaseSeconds);
}

/** The host name and, where the client gave its own, the full name; a name that is reserved is the client's alone. */
function pushNames(chunks: Uint8Array[], client: Client, { plan, hostname, answers }: Grant): void {
  if (
    hostname !== undefined &&
    client.requested(option.hostName.code) &&
    !answers.byCode.has(option.hostName.code)
  ) {
    chunks.push(tlv(option.hostName.code, textBytes(hostname, client.wantsNul)));
  }
  if (client.fqdn === undefined) return;
  const { domainName } = plan.subnet;
  const full = answerFqdn(client.fqdn, { hostname, domainName });
  if (full !== undefined) chunks.push(tlv(option.clientFqdn.code, full));
}

function pushEcho(chunks: Uint8Array[], request: Dhcp4Packet, code: number, maximum: number): void {
  const bytes = echo(request, code, maximum);
  if (bytes !== undefined) chunks.push(bytes);
}

function echo(request: Dhcp4Packet, code: number, maximum: number): Uint8Array | undefined {
  const value = request.options.get(code);
  return value === undefined || value.length > maximum ? undefined : tlv(code, value);
}

/** What the client can take; option 57 counts the headers for some and not for others, so they are taken off. */
function maximumOf(request: Dhcp4Packet): number {
  const said = readNumber(request.options, option.maximumSize) ?? smallest;
  return Math.min(largest, Math.max(smallest, said) - ipAndUdpHeaders);
}
