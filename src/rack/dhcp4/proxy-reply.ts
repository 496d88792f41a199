import { ipv4ToNumber } from '../../domain/net/address.ts';
import { architectures } from './boot-file.ts';
import { bootFields } from './boot-reply.ts';
import type { Client } from './client.ts';
import { replyDestination } from './destination.ts';
import { ipBytes, messageType, option, textBytes } from './options.ts';
import { broadcastFlag, type Dhcp4Packet, encodePacket } from './packet.ts';
import type { BootAnswer } from './ports.ts';
import { bootItem, replyHeader, vendorOptions } from './proxy-packet.ts';
import type { Reply } from './reply.ts';

/** What a proxy's answer is made of. */
export interface ProxyGrant {
  /** The rack's address on the client's network, an unsigned 32-bit number. */
  server: number;
  boot: BootAnswer;
}

/**
 * The answer to a DISCOVER beside another server's: boot information and no address (PXE 2.1, 2.2.3).
 *
 * @param redirect whether UDP 4011 is served. UEFI is then sent there, because much of it takes a file from no offer
 *   without an address: an offer with option 60 alone means "ask me there" (EDK2 calls it BINL).
 */
export function proxyOffer(
  request: Dhcp4Packet,
  client: Client,
  grant: ProxyGrant,
  redirect: boolean,
): Reply | undefined {
  if (grant.boot.kind === 'None') return undefined;
  // ciaddr means nothing in a DISCOVER.
  const asked = { ...request, ciaddr: 0, flags: request.flags | broadcastFlag };
  const there = redirect && client.kind === 'PXE' && isUefi(client);
  return replyOf(asked, client, grant, messageType.offer, there ? 'Redirect' : 'Complete');
}

/**
 * The answer to a request on UDP 4011: of a boot server in the sense of PXE 2.1 (2.2.4), or of one that EDK2 calls BINL.
 * The boot item of the question is in the answer; another server's item gets none.
 */
export function bootServerReply(
  request: Dhcp4Packet,
  client: Client,
  grant: ProxyGrant,
  type: number,
): Reply | undefined {
  if (grant.boot.kind === 'None') return undefined;
  const item = bootItem(request);
  if (item !== undefined && item.type !== 0) return undefined;
  return replyOf(request, client, grant, type, 'Complete');
}

function replyOf(
  request: Dhcp4Packet,
  client: Client,
  { server, boot }: ProxyGrant,
  type: number,
  extent: 'Complete' | 'Redirect',
): Reply {
  const fields = bootFields(boot, client.kind, client.requested);
  const given = new Map(fields.options);
  const options = new Map<number, Uint8Array>([
    [option.messageType.code, Uint8Array.of(type)],
    [option.serverIdentifier.code, ipBytes(server)],
  ]);
  // iPXE too takes an offer for a proxy's only with this option.
  const vendorClass = client.kind === 'HTTPClient' ? 'HTTPClient' : 'PXEClient';
  options.set(option.vendorClass.code, textBytes(vendorClass));
  for (const row of [option.machineIdentifier, option.clientIdentifier]) {
    const value = request.options.get(row.code);
    if (value !== undefined) options.set(row.code, value);
  }
  const complete = extent === 'Complete';
  if (complete) {
    if (client.kind !== 'HTTPClient') {
      options.set(option.vendorSpecific.code, vendorOptions(bootItem(request)));
    }
    for (const row of [option.tftpServerName, option.bootFileName]) {
      const value = given.get(row.code);
      if (value !== undefined) options.set(row.code, value);
    }
  }
  const relayed = request.options.get(option.relayAgent.code);
  if (relayed !== undefined) options.set(option.relayAgent.code, relayed);
  const packet: Dhcp4Packet = {
    ...replyHeader(request),
    ciaddr: type === messageType.ack ? request.ciaddr : 0,
    siaddr: (fields.nextServer && ipv4ToNumber(fields.nextServer)) || server,
    file: complete ? fields.file : '',
    options,
  };
  return {
    type,
    bytes: encodePacket(packet),
    destination: replyDestination(request, { type, yiaddr: 0 }),
    serverAddress: server,
  };
}

/** All types but the first, which is BIOS; a client that names none is BIOS too. */
function isUefi({ architecture = architectures.bios }: Client): boolean {
  return architecture !== architectures.bios;
}
