import { address, aRequest, quad, type RequestOptions } from '../../../../test/fixtures/packets/dhcp4.ts';
import type { DhcpOptionSetting } from '../../../domain/dhcp/option-setting.ts';
import { ipv4FromNumber } from '../../../domain/net/address.ts';
import { selectBootFile } from '../boot-file.ts';
import type { HandlerContext, Outcome } from '../exchange.ts';
import { handle } from '../handler.ts';
import type { LeaseEntry } from '../leases/lease.ts';
import { LeaseTable } from '../leases/lease-table.ts';
import { option, readNumber } from '../options.ts';
import { type Dhcp4Packet, decodePacket } from '../packet.ts';
import type { DhcpReservation, DhcpSubnet } from '../ports.ts';
import { relayAgentOf } from '../relay-agent.ts';

/** The first subnet of the tests' VLAN. */
export const subnet: DhcpSubnet = {
  name: 'a',
  cidr: '10.0.0.0/24',
  gateway: '10.0.0.254',
  dnsServers: ['10.0.0.1', '10.0.0.2'],
  ntpServers: ['10.0.0.3'],
  domainName: 'rack.example',
  mtu: 9000,
  dynamicRanges: [{ start: '10.0.0.100', end: '10.0.0.102' }],
  leaseSeconds: 600,
  serverAddress: '10.0.0.1',
  bootDisabled: false,
};
/** The second one, on the same wire. */
export const second: DhcpSubnet = {
  ...subnet,
  name: 'b',
  cidr: '10.0.1.0/24',
  gateway: '10.0.1.254',
  serverAddress: '10.0.1.1',
  dynamicRanges: [{ start: '10.0.1.100', end: '10.0.1.102' }],
};
/** The client that 10.0.0.20 is reserved for, under the name node-a. */
export const known = '52:54:00:00:00:0a';
const reservations: DhcpReservation[] = [
  { mac: known, address: '10.0.0.20', hostname: 'node-a', subnet: 'a' },
];
/** When the tests begin. */
export const start = 1_800_000_000_000;
/** Clients that nobody described. */
export const unknown = '52:54:00:00:00:01';
export const other = '52:54:00:00:00:02';

/** What a test may set beside the subnets. */
export interface ServerSettings {
  reservations?: DhcpReservation[];
  elsewhere?: string[];
  machineOptions?: DhcpOptionSetting[];
}

/** A server of subnets a and b (shared network) whose leases and clock the test can set. */
export function aServer(subnets: DhcpSubnet[] = [subnet, second], settings: ServerSettings = {}) {
  const { elsewhere = [], machineOptions } = settings;
  const reserved = settings.reservations ?? reservations;
  const leases = new LeaseTable();
  const asked: string[] = [];
  const state = { now: start };
  const ask = (wanted: RequestOptions, source = '0.0.0.0'): Outcome => take(aRequest(wanted), source);
  function take(packet: Dhcp4Packet, source = '0.0.0.0'): Outcome {
    const context: HandlerContext = {
      device: 'eth0',
      network: { vlan: 'v', subnets, elsewhere },
      relay: relayAgentOf(packet),
      source: quad(source),
      now: state.now,
      leases,
      reservation: (mac) => reserved.find((entry) => entry.mac === mac),
      machineOptions: () => machineOptions,
      boot(client) {
        asked.push(client.mac);
        return selectBootFile(client, {
          tftpServer: '10.0.0.1',
          httpBase: 'http://10.0.0.1:7480',
          mac: client.mac,
        });
      },
    };
    const outcome = handle(packet, context);
    if (outcome.kind === 'Ignore' && outcome.withdrawn) leases.put(outcome.withdrawn);
    if (outcome.kind === 'Reply' && outcome.hold) leases.put(outcome.hold);
    if (outcome.kind !== 'Ignore' && outcome.commit) leases.put(outcome.commit);
    return outcome;
  }
  const bind = (mac: string, text: string, change: Partial<LeaseEntry> = {}): void =>
    leases.put({
      address: quad(text),
      subnet: 'a',
      client: `1/${mac}`,
      mac,
      hostname: undefined,
      state: 'Bound',
      end: start + 600_000,
      ...change,
    });
  return { ask, take, bind, leases, asked, state };
}

/** The reply as its client reads it. Throws when there is none. */
export function replyOf(outcome: Outcome): Dhcp4Packet & { type: number | undefined; address: string } {
  if (outcome.kind !== 'Reply') throw new Error(`no reply: ${JSON.stringify(outcome)}`);
  const packet = decodePacket(Uint8Array.from(outcome.reply.bytes));
  return {
    ...packet,
    type: readNumber(packet.options, option.messageType),
    address: ipv4FromNumber(packet.yiaddr),
  };
}

/** Options of a client that selects an offer. */
export const selecting = (wanted: string, server = '10.0.0.1') => ({
  50: address(wanted),
  54: address(server),
});
