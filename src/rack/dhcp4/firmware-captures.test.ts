import { describe, expect, it } from 'vitest';
import { quad } from '../../../test/fixtures/packets/dhcp4.ts';
import {
  type RecordedDatagram,
  recordedBoot,
  recordedBoots,
} from '../../../test/fixtures/packets/firmware.ts';
import { ipv4FromNumber, ipv4ToNumber } from '../../domain/net/address.ts';
import { macFromBytes } from '../../domain/net/mac.ts';
import { bootLoaders, selectBootFile } from './boot-file.ts';
import type { Outcome } from './exchange.ts';
import { handle } from './handler.ts';
import { LeaseTable } from './leases/lease-table.ts';
import { option, readNumber, readText } from './options.ts';
import { type Dhcp4Packet, decodePacket, encodePacket } from './packet.ts';
import type { BootAnswer, BootClient, DhcpNetwork, DhcpSubnet } from './ports.ts';
import { bootServerRequest, type ProxyContext, proxyRequest } from './proxy-request.ts';
import { relayAgentOf } from './relay-agent.ts';
import type { Reply } from './reply.ts';

const rack = '10.81.1.1';
const [discover, request, offer, ack] = [1, 3, 2, 5];

/** What a client reads out of an answer. */
interface Answer {
  type: number | undefined;
  address: string;
  nextServer: string;
  /** The header's file and option 67, where they are there, each without its NUL. */
  file: string;
  bootFileName: string | undefined;
  vendorClass: string | undefined;
  /** Option 43 in hex. */
  vendorSpecific: string | undefined;
  /** Option 175 in hex. */
  ipxe: string | undefined;
  to: Reply['destination']['kind'];
}

const takeTheFile = '060108ff';
const noProxy = 'b00101';
const none = { bootFileName: undefined, vendorClass: undefined, vendorSpecific: undefined, ipxe: undefined };
const pxe = (file: string): Partial<Answer> => ({
  ...{ ...none, nextServer: rack, file, bootFileName: file },
  ...{ vendorClass: 'PXEClient', vendorSpecific: takeTheFile },
});
const script = (mac: string): Partial<Answer> => {
  const uri = `http://${rack}:7480/boot/${mac.replaceAll(':', '-')}.ipxe`;
  return { ...none, nextServer: rack, file: uri, bootFileName: uri, ipxe: noProxy };
};
const http = {
  ...{ ...none, file: `http://${rack}:7480/loaders/snponly.efi`, nextServer: rack },
  ...{ bootFileName: `http://${rack}:7480/loaders/snponly.efi`, vendorClass: 'HTTPClient' },
};

/** What each firmware is told in the first round. In the second one, if there is one, iPXE asks. */
const firstRound: Record<string, (mac: string) => Partial<Answer>> = {
  'bios-ipxe-rom': script,
  'bios-pxe': () => pxe('undionly.kpxe'),
  'uefi-http': () => http,
  'uefi-ipxe-rom': script,
  'uefi-pxe': () => pxe('snponly.efi'),
};

describe('what firmware sent, as the rack received it', () => {
  it.each(recordedBoots)('%s is decoded, and encoded to the same', (name) => {
    for (const packet of dhcpOf(recordedBoot(name))) {
      expect(decodePacket(encodePacket(packet, { maximum: 1472 }))).toEqual(packet);
    }
  });

  it.each(recordedBoots.filter((name) => !name.endsWith('-proxy')))(
    '%s is answered so that it boots',
    (name) => {
      const packets = dhcpOf(recordedBoot(name));
      const relayed = name.endsWith('-relayed');
      const { take, mac, reserved } = serverFor(packets, relayed);
      const types = packets.map(({ options }) => readNumber(options, option.messageType));
      const firmware = name.replace(/-(direct|relayed)$/, '');
      expect(types).toEqual(types.map((_, index) => (index % 2 === 0 ? discover : request)));
      for (const [index, packet] of packets.entries()) {
        const outcome = take(packet);
        if (outcome.kind !== 'Reply') throw new Error(`packet ${index}: ${outcome.kind}`);
        const expected = index < 2 ? firstRound[firmware]?.(mac) : script(mac);
        const broadcast = (packet.flags & 0x8000) !== 0;
        expect(read(outcome.reply), `packet ${index}`).toMatchObject({
          ...expected,
          type: index % 2 === 0 ? offer : ack,
          address: reserved,
          to: relayed ? 'Relay' : broadcast ? 'Broadcast' : 'Link',
        });
        expectEcho(packet, outcome.reply);
      }
    },
  );

  it.each(recordedBoots.filter((name) => name.endsWith('-proxy')))(
    '%s is told by a proxy what to boot',
    (name) => {
      const received = recordedBoot(name).filter(({ port }) => port !== 69);
      const [first] = dhcpOf(received);
      const mac = macFromBytes(first?.chaddr ?? new Uint8Array());
      const firmware = name.replace(/-proxy$/, '');
      const offers: Partial<Answer>[] = [];
      const claims: string[] = [];
      for (const { port, from, bytes } of received) {
        const packet = decodePacket(bytes);
        const context = proxyContext(packet, from);
        const { reply, sighting } =
          port === 4011 ? bootServerRequest(packet, context) : proxyRequest(packet, context);
        if (sighting !== undefined) claims.push(sighting.address);
        if (reply === undefined) continue;
        expectEcho(packet, reply);
        offers.push(read(reply));
      }
      const told = firstRound[firmware]?.(mac);
      // UEFI's PXE client asks for the file on port 4011: the offer names that server and nothing else.
      const redirect = { ...none, vendorClass: 'PXEClient', file: '', nextServer: rack, to: 'Broadcast' };
      const ipxe = {
        ...script(mac),
        ...{ vendorClass: 'PXEClient', vendorSpecific: takeTheFile, ipxe: undefined },
      };
      expect(offers).toMatchObject(
        {
          'bios-ipxe-rom': [ipxe],
          'bios-pxe': [told, ipxe],
          'uefi-http': [told, ipxe],
          'uefi-ipxe-rom': [ipxe],
          'uefi-pxe': [redirect, { ...told, to: 'Unicast', type: ack }, ipxe],
        }[firmware] ?? [],
      );
      expect(offers.map(({ address }) => address)).toEqual(offers.map(() => '0.0.0.0'));
      expect(new Set(claims).size).toBe(1);
    },
  );

  it('asks TFTP for loaders that the rack has', () => {
    const asked = recordedBoots
      .flatMap(recordedBoot)
      .filter(({ port }) => port === 69)
      .map(({ bytes }) => Buffer.from(bytes).toString('latin1').slice(2).split('\0')[0]);
    expect(new Set(asked)).toEqual(new Set(['undionly.kpxe', 'snponly.efi']));
    for (const name of asked) expect(bootLoaders).toContain(name);
  });
});

function dhcpOf(received: readonly RecordedDatagram[]): Dhcp4Packet[] {
  return received.filter(({ port }) => port !== 69).map(({ bytes }) => decodePacket(bytes));
}

function subnetOf(relayed: boolean): DhcpSubnet {
  const net = relayed ? '10.81.2' : '10.81.1';
  return {
    ...{
      name: 'firmware',
      cidr: `${net}.0/24`,
      gateway: `${net}.254`,
      dnsServers: [rack],
      ntpServers: [rack],
    },
    ...{ dynamicRanges: [], leaseSeconds: 600, serverAddress: rack, bootDisabled: false },
  };
}

/** A server that gives the machine the address that it had when it was recorded. */
function serverFor(packets: readonly Dhcp4Packet[], relayed: boolean) {
  const [first] = packets;
  const mac = macFromBytes(first?.chaddr ?? new Uint8Array());
  const requested = packets.map(({ options }) => readNumber(options, option.requestedAddress));
  const reserved = ipv4FromNumber(requested.find((address) => address !== undefined) ?? 0);
  const subnet = subnetOf(relayed);
  const leases = new LeaseTable();
  const take = (packet: Dhcp4Packet): Outcome =>
    handle(packet, {
      ...{ device: 'eth0', network: { vlan: 'v', subnets: [subnet] }, relay: relayAgentOf(packet) },
      ...{ source: 0, now: 1_800_000_000_000, leases, boot: bootOf },
      reservation: () => ({ mac, address: reserved, subnet: subnet.name }),
    });
  return { take, mac, reserved };
}

const bootOf = (client: BootClient): BootAnswer =>
  selectBootFile(client, { tftpServer: rack, httpBase: `http://${rack}:7480`, mac: client.mac });

function proxyContext(packet: Dhcp4Packet, from: string): ProxyContext {
  const network: DhcpNetwork = { vlan: 'near', subnets: [subnetOf(false)], mode: 'Proxy' };
  return {
    ...{ device: 'eth0', network, relay: relayAgentOf(packet), source: quad(from), redirect: true },
    boot: bootOf,
  };
}

function read({ bytes, destination }: Reply): Answer {
  const packet = decodePacket(Uint8Array.from(bytes));
  const { options } = packet;
  const hex = (code: number): string | undefined => {
    const value = options.get(code);
    return value === undefined ? undefined : Buffer.from(value).toString('hex');
  };
  return {
    type: readNumber(options, option.messageType),
    address: ipv4FromNumber(packet.yiaddr),
    nextServer: ipv4FromNumber(packet.siaddr),
    file: packet.file,
    bootFileName: readText(options, option.bootFileName),
    vendorClass: readText(options, option.vendorClass),
    vendorSpecific: hex(option.vendorSpecific.code),
    ipxe: hex(option.ipxe.code),
    to: destination.kind,
  };
}

/** What comes back as it was: the exchange's id, the hardware address, the identifiers, and the relay's information at the end. */
function expectEcho(asked: Dhcp4Packet, { bytes }: Reply): void {
  const answer = decodePacket(Uint8Array.from(bytes));
  expect([answer.op, answer.xid, answer.giaddr]).toEqual([2, asked.xid, asked.giaddr]);
  expect(answer.chaddr).toEqual(asked.chaddr);
  for (const code of [option.clientIdentifier.code, option.machineIdentifier.code, option.relayAgent.code]) {
    expect(answer.options.get(code)).toEqual(asked.options.get(code));
  }
  if (asked.options.has(option.relayAgent.code)) {
    expect([...answer.options.keys()].at(-1)).toBe(option.relayAgent.code);
  }
  expect(readNumber(answer.options, option.serverIdentifier)).toBe(ipv4ToNumber(rack));
}
