import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { address, aRequest, captured } from '../../../test/fixtures/packets/dhcp4.ts';
import { ipv4FromNumber } from '../../domain/net/address.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import { selectBootFile } from './boot-file.ts';
import type { HandlerContext } from './exchange.ts';
import { handle } from './handler.ts';
import { LeaseTable } from './leases/lease-table.ts';
import { messageType, option, readNumber } from './options.ts';
import { type Dhcp4Packet, decodePacket } from './packet.ts';
import type { DhcpSubnet } from './ports.ts';
import { relayAgentOf } from './relay-agent.ts';

const subnet: DhcpSubnet = {
  name: 'a',
  cidr: '10.79.0.0/24',
  gateway: '10.79.0.254',
  dnsServers: ['10.79.0.1'],
  ntpServers: [],
  dynamicRanges: [{ start: '10.79.0.100', end: '10.79.0.103' }],
  leaseSeconds: 60,
  serverAddress: '10.79.0.1',
  bootDisabled: false,
};

function contextOf(leases: LeaseTable, now: number, packet: Dhcp4Packet, known?: string): HandlerContext {
  return {
    device: 'eth0',
    network: { vlan: 'v', subnets: [subnet] },
    relay: relayAgentOf(packet),
    source: packet.ciaddr,
    now,
    leases,
    // Within the dynamic range on purpose: the worst that a person can configure.
    reservation: (mac) => (mac === known ? { mac, address: '10.79.0.101', subnet: 'a' } : undefined),
    boot: (client) =>
      selectBootFile(client, { tftpServer: '10.79.0.1', httpBase: 'http://10.79.0.1', mac: client.mac }),
  };
}

describe('the DHCPv4 handler', () => {
  it('takes any bytes: real packets with random damage are answered, ignored or refused by the decoder', () => {
    const originals = [
      'dhcp4-discover-ipxe-bios',
      'dhcp4-request-pxe-uefi',
      'dhcp4-request-http-uefi',
      'dhcp4-discover-dhclient',
    ].map(captured);
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(...originals), damage, fc.nat(), (original, changes, cut) => {
        const bytes = Uint8Array.from(
          original.subarray(0, cut % 5 === 0 ? cut % original.length : original.length),
        );
        for (const [where, value] of changes) if (bytes.length > 0) bytes[where % bytes.length] = value;
        try {
          const packet = decodePacket(bytes);
          const outcome = handle(packet, contextOf(new LeaseTable(), 1000, packet));
          if (outcome.kind === 'Reply') decodePacket(outcome.reply.bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('never lets two clients have one address at the same time, whatever they send in whatever order', () => {
    const { discover, request, decline, release } = messageType;
    const step = fc.record({
      client: fc.integer({ min: 1, max: 6 }),
      wait: fc.nat(45_000),
      type: fc.constantFrom(discover, discover, request, request, request, decline, release),
      shape: fc.constantFrom('Selecting', 'Rebooting', 'Renewing'),
      /** What it asks for: undefined is what it has or was offered. */
      other: fc.option(fc.integer({ min: 99, max: 104 }), { nil: undefined, freq: 2 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const leases = new LeaseTable();
        const offered = new Map<number, string>();
        const holds = new Map<string, { client: number; until: number }>();
        let now = 1_000_000;
        for (const { client, wait, type, shape, other } of steps) {
          now += wait;
          const mac = `52:54:00:00:00:0${client}`;
          const wanted = other === undefined ? (offered.get(client) ?? '10.79.0.100') : `10.79.0.${other}`;
          const renewing = type === release || (type === request && shape === 'Renewing');
          const options: Record<number, Uint8Array> = {};
          if (!renewing && (type !== discover || other !== undefined)) options[50] = address(wanted);
          if (!renewing && shape === 'Selecting' && type !== discover) options[54] = address('10.79.0.1');
          const packet = aRequest({ type, mac, options, ...(renewing ? { ciaddr: wanted } : {}) });
          const outcome = handle(packet, contextOf(leases, now, packet, '52:54:00:00:00:06'));
          if (outcome.kind === 'Ignore') continue;
          if (outcome.kind === 'Reply' && outcome.hold) leases.put(outcome.hold);
          if (outcome.commit) leases.put(outcome.commit);
          // A client that released or declined an address has it no more.
          if (outcome.kind === 'Record') {
            const mine = holds.get(ipv4FromNumber(outcome.commit.address));
            if (mine?.client === client) holds.delete(ipv4FromNumber(outcome.commit.address));
            continue;
          }
          const reply = decodePacket(outcome.reply.bytes);
          const given = ipv4FromNumber(reply.yiaddr);
          const kind = readNumber(reply.options, option.messageType);
          if (kind === messageType.offer) offered.set(client, given);
          if (kind !== messageType.ack) continue;
          const holder = holds.get(given);
          const held = holder !== undefined && holder.client !== client && holder.until > now;
          // The reservation inside the range has no record that others could see: it is the known limit.
          if (holder?.client !== 6 && client !== 6)
            expect(held, `${given} is client ${holder?.client}'s`).toBe(false);
          holds.set(given, { client, until: now + 60_000 });
        }
      }),
      { numRuns: 500 },
    );
  });
});
