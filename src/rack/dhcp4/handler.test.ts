import { describe, expect, it } from 'vitest';
import { address, aRequest, ascii, quad, type RequestOptions } from '../../../test/fixtures/packets/dhcp4.ts';
import { ipv4FromNumber } from '../../domain/net/address.ts';
import { selectBootFile } from './boot-file.ts';
import type { HandlerContext, Outcome } from './exchange.ts';
import { handle } from './handler.ts';
import type { LeaseEntry } from './leases/lease.ts';
import { LeaseTable } from './leases/lease-table.ts';
import { messageType as message, option, readNumber, readText } from './options.ts';
import { type Dhcp4Packet, decodePacket } from './packet.ts';
import type { DhcpReservation, DhcpSubnet } from './ports.ts';
import { relayAgentOf } from './relay-agent.ts';

const subnet: DhcpSubnet = {
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
const second: DhcpSubnet = {
  ...subnet,
  name: 'b',
  cidr: '10.0.1.0/24',
  gateway: '10.0.1.254',
  serverAddress: '10.0.1.1',
  dynamicRanges: [{ start: '10.0.1.100', end: '10.0.1.102' }],
};
const known = '52:54:00:00:00:0a';
const reservations: DhcpReservation[] = [
  { mac: known, address: '10.0.0.20', hostname: 'node-a', subnet: 'a' },
];
const start = 1_800_000_000_000;
const unknown = '52:54:00:00:00:01';
const other = '52:54:00:00:00:02';

/** A server of subnets a and b (shared network) whose leases and clock the test can set. */
function aServer(subnets: DhcpSubnet[] = [subnet, second]) {
  const leases = new LeaseTable();
  const asked: string[] = [];
  const state = { now: start };
  function ask(wanted: RequestOptions, source = '0.0.0.0'): Outcome {
    const packet = aRequest(wanted);
    const context: HandlerContext = {
      device: 'eth0',
      network: { vlan: 'v', subnets },
      relay: relayAgentOf(packet),
      source: quad(source),
      now: state.now,
      leases,
      reservation: (mac) => reservations.find((entry) => entry.mac === mac),
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
  return { ask, bind, leases, asked, state };
}

function replyOf(outcome: Outcome): Dhcp4Packet & { type: number | undefined; address: string } {
  if (outcome.kind !== 'Reply') throw new Error(`no reply: ${JSON.stringify(outcome)}`);
  const packet = decodePacket(outcome.reply.bytes);
  return {
    ...packet,
    type: readNumber(packet.options, option.messageType),
    address: ipv4FromNumber(packet.yiaddr),
  };
}

const selecting = (wanted: string, server = '10.0.0.1') => ({ 50: address(wanted), 54: address(server) });

describe('DISCOVER', () => {
  it('of an unknown client is offered the lowest free dynamic address', () => {
    const offer = replyOf(aServer().ask({}));
    expect(offer).toMatchObject({ type: message.offer, address: '10.0.0.100', op: 2, xid: 7 });
    expect(offer.siaddr).toBe(quad('10.0.0.1'));
  });

  it('carries T1 and T2, without which HP JetDirect cards take no offer', () => {
    const { options } = replyOf(aServer().ask({}));
    expect(readNumber(options, option.leaseTime)).toBe(600);
    expect(readNumber(options, option.renewalTime)).toBe(300);
    expect(readNumber(options, option.rebindingTime)).toBe(525);
  });

  it('of two clients is never offered the same address, and a third sees both held', () => {
    const server = aServer();
    const offers = [unknown, other, '52:54:00:00:00:03'].map((mac) => replyOf(server.ask({ mac })).address);
    expect(new Set(offers).size).toBe(3);
  });

  it('repeated is offered the same address', () => {
    const server = aServer();
    expect(replyOf(server.ask({})).address).toBe(replyOf(server.ask({})).address);
  });

  it('is offered what a client had before, even after its lease ended', () => {
    const server = aServer();
    server.bind(unknown, '10.0.0.102', { end: start - 1 });
    expect(replyOf(server.ask({})).address).toBe('10.0.0.102');
  });

  it('is offered the address that it asks for when that is free', () => {
    const server = aServer();
    expect(replyOf(server.ask({ options: { 50: address('10.0.0.101') } })).address).toBe('10.0.0.101');
    const taken = server.ask({ mac: other, options: { 50: address('10.0.0.101') } });
    expect(replyOf(taken).address).toBe('10.0.0.100');
  });

  it('is never offered an address outside the dynamic ranges, though it asks for it', () => {
    expect(replyOf(aServer().ask({ options: { 50: address('10.0.0.20') } })).address).toBe('10.0.0.100');
  });

  it('goes on with the next subnet of the VLAN when the first one is full', () => {
    const server = aServer();
    for (const last of [100, 101, 102]) server.bind(`52:54:00:00:01:${last - 50}`, `10.0.0.${last}`);
    const offer = replyOf(server.ask({}));
    expect(offer.address).toBe('10.0.1.100');
    expect(readNumber(offer.options, option.serverIdentifier)).toBe(quad('10.0.1.1'));
  });

  it('is not answered when nothing is free, and the next ended lease is reused, oldest first', () => {
    const server = aServer([subnet]);
    for (const last of [100, 101, 102]) {
      server.bind(`52:54:00:00:01:${last - 50}`, `10.0.0.${last}`, { end: start + 1000 * (103 - last) });
    }
    expect(server.ask({})).toMatchObject({ kind: 'Ignore', reason: 'NoAddress' });
    server.state.now = start + 5000;
    expect(replyOf(server.ask({})).address).toBe('10.0.0.102');
  });

  it('of a known client is offered its reservation, its name, and no lease is kept', () => {
    const server = aServer();
    const outcome = server.ask({ mac: known });
    const offer = replyOf(outcome);
    expect(offer.address).toBe('10.0.0.20');
    expect(readText(offer.options, option.hostName)).toBe('node-a');
    expect(server.leases.size).toBe(0);
  });

  it('of a known client whose address another one holds is offered a dynamic one meanwhile', () => {
    const server = aServer();
    server.bind(other, '10.0.0.20');
    expect(replyOf(server.ask({ mac: known })).address).toBe('10.0.0.100');
  });

  it('is answered as if ciaddr were empty, though some clients fill it in', () => {
    const outcome = aServer().ask({ ciaddr: '10.0.0.55' });
    expect(outcome.kind === 'Reply' && outcome.reply.destination.kind).toBe('Link');
    expect(replyOf(outcome).ciaddr).toBe(0);
  });

  it('does not shorten a lease that the client has', () => {
    const server = aServer();
    server.bind(unknown, '10.0.0.100');
    server.ask({});
    expect(server.leases.at(quad('10.0.0.100'))).toMatchObject({ state: 'Bound', end: start + 600_000 });
  });

  it('has an offer held for a minute and no longer', () => {
    const server = aServer([{ ...subnet, dynamicRanges: [{ start: '10.0.0.100', end: '10.0.0.100' }] }]);
    server.ask({});
    server.state.now = start + 59_000;
    expect(server.ask({ mac: other }).kind).toBe('Ignore');
    server.state.now = start + 60_000;
    expect(replyOf(server.ask({ mac: other })).address).toBe('10.0.0.100');
  });

  it('never gives out the server, the gateway, or the ends of the network', () => {
    const all = { ...subnet, cidr: '10.0.0.0/29', gateway: '10.0.0.6' };
    const server = aServer([{ ...all, dynamicRanges: [{ start: '10.0.0.0', end: '10.0.0.7' }] }]);
    const offers: string[] = [];
    for (let last = 1; last <= 6; last += 1) {
      const outcome = server.ask({ mac: `52:54:00:00:00:0${last}` });
      if (outcome.kind === 'Reply') offers.push(replyOf(outcome).address);
    }
    expect(offers).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5']);
  });
});

describe('REQUEST of a client that selects', () => {
  it('is acknowledged and recorded', () => {
    const server = aServer();
    server.ask({});
    const outcome = server.ask({ type: message.request, options: selecting('10.0.0.100') });
    expect(replyOf(outcome)).toMatchObject({ type: message.ack, address: '10.0.0.100' });
    expect(outcome).toMatchObject({
      commit: { state: 'Bound', end: start + 600_000, client: `1/${unknown}` },
    });
  });

  it('for another server gets no answer', () => {
    const outcome = aServer().ask({ type: message.request, options: selecting('10.0.0.100', '10.0.0.9') });
    expect(outcome).toMatchObject({ kind: 'Ignore', reason: 'OtherServer' });
  });

  it('is refused what belongs to another client', () => {
    const server = aServer();
    server.bind(other, '10.0.0.101');
    const outcome = server.ask({ type: message.request, options: selecting('10.0.0.101') });
    expect(replyOf(outcome)).toMatchObject({ type: message.nak, yiaddr: 0 });
  });

  it('is refused what was never offered', () => {
    const outcome = aServer().ask({ type: message.request, options: selecting('10.0.0.50') });
    expect(replyOf(outcome).type).toBe(message.nak);
  });

  it('is acknowledged after the rack forgot its offer in a restart', () => {
    const outcome = aServer().ask({ type: message.request, options: selecting('10.0.0.101') });
    expect(replyOf(outcome)).toMatchObject({ type: message.ack, address: '10.0.0.101' });
  });

  it('of a known client needs no record', () => {
    const outcome = aServer().ask({ type: message.request, mac: known, options: selecting('10.0.0.20') });
    expect(replyOf(outcome)).toMatchObject({ type: message.ack, address: '10.0.0.20' });
    expect(outcome).not.toHaveProperty('commit');
  });
});

describe('REQUEST of a client that reboots (no server, no ciaddr)', () => {
  const reboot = (wanted: string, mac = unknown) => ({
    type: message.request,
    mac,
    options: { 50: address(wanted) },
  });

  it('is acknowledged for the address that it has', () => {
    const server = aServer();
    server.bind(unknown, '10.0.0.101');
    expect(replyOf(server.ask(reboot('10.0.0.101'))).type).toBe(message.ack);
  });

  it('is not answered when nothing is known of the client', () => {
    expect(aServer().ask(reboot('10.0.0.101'))).toMatchObject({ kind: 'Ignore', reason: 'UnknownClient' });
  });

  it('is refused on the wrong network', () => {
    const outcome = aServer().ask(reboot('192.168.1.5'));
    expect(replyOf(outcome).type).toBe(message.nak);
    expect(outcome).toMatchObject({ reply: { destination: { kind: 'Broadcast' } } });
  });

  it('is refused when the client has another address', () => {
    const server = aServer();
    server.bind(unknown, '10.0.0.101');
    expect(replyOf(server.ask(reboot('10.0.0.102'))).type).toBe(message.nak);
  });

  it('is refused when another address is reserved for it', () => {
    const server = aServer();
    server.bind(known, '10.0.0.101');
    expect(replyOf(server.ask(reboot('10.0.0.101', known))).type).toBe(message.nak);
  });

  it('is refused when its lease went to another client', () => {
    const server = aServer();
    server.bind(unknown, '10.0.0.101', { end: start - 1 });
    server.bind(other, '10.0.0.101');
    expect(replyOf(server.ask(reboot('10.0.0.101'))).type).toBe(message.nak);
  });
});

describe('REQUEST of a client that renews or rebinds (ciaddr)', () => {
  const renew = (own: string, mac = unknown) => ({ type: message.request, mac, ciaddr: own });

  it('is acknowledged at its own address with a new end', () => {
    const server = aServer();
    server.bind(unknown, '10.0.0.101', { end: start + 1000 });
    const outcome = server.ask(renew('10.0.0.101'));
    expect(replyOf(outcome)).toMatchObject({ type: message.ack, ciaddr: quad('10.0.0.101') });
    expect(outcome).toMatchObject({
      reply: { destination: { kind: 'Unicast' } },
      commit: { end: start + 600_000 },
    });
  });

  it('is acknowledged without a record when the address is free: the record was lost', () => {
    expect(replyOf(aServer().ask(renew('10.0.0.101'))).type).toBe(message.ack);
  });

  it('is not answered for an address that is none of ours to give', () => {
    expect(aServer().ask(renew('10.0.0.50'))).toMatchObject({ kind: 'Ignore', reason: 'UnknownClient' });
  });

  it('is refused when the address went to another client', () => {
    const server = aServer();
    server.bind(other, '10.0.0.101');
    expect(replyOf(server.ask(renew('10.0.0.101'))).type).toBe(message.nak);
  });

  it('keeps a running machine at its dynamic address though one is reserved for it since', () => {
    const server = aServer();
    server.bind(known, '10.0.0.101');
    expect(replyOf(server.ask(renew('10.0.0.101', known)))).toMatchObject({
      type: message.ack,
      address: '10.0.0.101',
    });
  });

  it('is refused when the range was taken away', () => {
    const server = aServer([{ ...subnet, dynamicRanges: [{ start: '10.0.0.200', end: '10.0.0.201' }] }]);
    server.bind(known, '10.0.0.101');
    expect(replyOf(server.ask(renew('10.0.0.101', known))).type).toBe(message.nak);
  });

  it('with a server identifier, which the RFC forbids, renews all the same', () => {
    const server = aServer();
    server.bind(unknown, '10.0.0.101');
    server.bind(other, '10.0.0.102');
    const outcome = server.ask({ ...renew('10.0.0.101'), options: selecting('10.0.0.101') });
    expect(replyOf(outcome).type).toBe(message.ack);
  });

  it('without any address is dropped', () => {
    expect(aServer().ask({ type: message.request })).toMatchObject({ kind: 'Ignore', reason: 'Malformed' });
  });
});

describe('DECLINE, RELEASE and INFORM', () => {
  it('a declined address is given to nobody for a day', () => {
    const server = aServer();
    server.bind(unknown, '10.0.0.100');
    const outcome = server.ask({ type: message.decline, options: selecting('10.0.0.100') });
    expect(outcome).toMatchObject({ kind: 'Record', commit: { state: 'Declined', client: '' } });
    expect(replyOf(server.ask({})).address).toBe('10.0.0.101');
  });

  it('nobody can decline what is not theirs', () => {
    const server = aServer();
    server.bind(other, '10.0.0.100');
    const outcome = server.ask({ type: message.decline, options: selecting('10.0.0.100') });
    expect(outcome).toMatchObject({ kind: 'Ignore', reason: 'NotTheirs' });
  });

  it('a released address comes back to its client, and to others when nothing else is left', () => {
    const server = aServer([{ ...subnet, dynamicRanges: [{ start: '10.0.0.100', end: '10.0.0.101' }] }]);
    server.bind(unknown, '10.0.0.100');
    const outcome = server.ask({ type: message.release, ciaddr: '10.0.0.100' });
    expect(outcome).toMatchObject({ kind: 'Record', commit: { state: 'Released', end: start } });
    expect(replyOf(server.ask({ mac: other })).address).toBe('10.0.0.101');
    expect(replyOf(server.ask({ mac: '52:54:00:00:00:03' })).address).toBe('10.0.0.100');
  });

  it('nobody can release what is not theirs', () => {
    const server = aServer();
    server.bind(other, '10.0.0.100');
    expect(server.ask({ type: message.release, ciaddr: '10.0.0.100' })).toMatchObject({ kind: 'Ignore' });
  });

  it('INFORM is answered without an address and without lease times', () => {
    const outcome = aServer().ask({ type: message.inform, ciaddr: '10.0.0.50' });
    const ack = replyOf(outcome);
    expect(ack).toMatchObject({ type: message.ack, yiaddr: 0 });
    expect([...ack.options.keys()]).not.toContain(option.leaseTime.code);
    expect(outcome).toMatchObject({
      reply: { destination: { kind: 'Unicast', address: quad('10.0.0.50') } },
    });
  });

  it('INFORM without ciaddr is answered at its source', () => {
    const outcome = aServer().ask({ type: message.inform }, '10.0.0.51');
    expect(outcome).toMatchObject({
      reply: { destination: { kind: 'Unicast', address: quad('10.0.0.51') } },
    });
  });
});

describe('what is not answered', () => {
  it.each([
    ['a BOOTP request', aRequest({}), (packet: Dhcp4Packet) => packet.options.delete(53), 'Bootp'],
    [
      'a reply of another server',
      aRequest({}),
      (packet: Dhcp4Packet) => Object.assign(packet, { op: 2 }),
      'NotARequest',
    ],
    ['an unknown type', aRequest({ type: 99 }), () => {}, 'UnknownType'],
    ['a client without any identity', aRequest({ mac: '00:00:00:00:00:00' }), () => {}, 'NoIdentity'],
  ])('%s', (_name, packet, change, reason) => {
    change(packet);
    const context: HandlerContext = {
      device: 'eth0',
      network: { vlan: 'v', subnets: [subnet] },
      relay: undefined,
      source: 0,
      now: start,
      leases: new LeaseTable(),
      reservation: () => undefined,
      boot: () => ({ kind: 'None' }),
    };
    expect(handle(packet, context)).toMatchObject({ kind: 'Ignore', reason });
  });
});

describe('relays', () => {
  const information = Uint8Array.of(1, 3, 1, 2, 3, 11, 4, 10, 9, 9, 9);

  it('get the answer, with their information as it was and last', () => {
    const outcome = aServer().ask({ giaddr: '10.0.1.9', options: { 82: information } });
    const offer = replyOf(outcome);
    expect(outcome).toMatchObject({ reply: { destination: { kind: 'Relay', address: quad('10.0.1.9') } } });
    expect([...offer.options].at(-1)).toEqual([82, information]);
    expect(offer.giaddr).toBe(quad('10.0.1.9'));
  });

  it('give their clients an address of their own subnet first', () => {
    expect(replyOf(aServer().ask({ giaddr: '10.0.1.9' })).address).toBe('10.0.1.100');
  });

  it('may stand in for the server (RFC 5107), and the client then selects them', () => {
    const server = aServer();
    const asked = { giaddr: '10.0.1.9', options: { 82: information } };
    expect(readNumber(replyOf(server.ask(asked)).options, option.serverIdentifier)).toBe(quad('10.9.9.9'));
    const options = { 82: information, ...selecting('10.0.1.100', '10.9.9.9') };
    expect(replyOf(server.ask({ ...asked, type: message.request, options })).type).toBe(message.ack);
  });

  it('are asked to broadcast a refusal', () => {
    const outcome = aServer().ask({
      type: message.request,
      giaddr: '10.0.1.9',
      options: selecting('10.5.5.5'),
    });
    expect(replyOf(outcome)).toMatchObject({ type: message.nak, flags: 0x8000 });
  });
});

describe('options', () => {
  it('are those that the client asks for, with mask and router always', () => {
    const offer = replyOf(aServer().ask({ options: { 55: Uint8Array.of(26, 6) } }));
    const codes = [...offer.options.keys()];
    expect(codes).toEqual(expect.arrayContaining([1, 3, 6, 26]));
    expect(codes).not.toEqual(expect.arrayContaining([15]));
    expect(codes).not.toEqual(expect.arrayContaining([42]));
  });

  it('are all there is for a client without a list', () => {
    const offer = replyOf(aServer().ask({ mac: known }));
    expect([...offer.options.keys()]).toEqual(expect.arrayContaining([1, 3, 6, 12, 15, 26, 28, 42]));
  });

  it('give back the client identifier always (RFC 6842)', () => {
    const identifier = Uint8Array.of(255, 1, 2, 3);
    const offer = replyOf(aServer().ask({ options: { 61: identifier, 55: Uint8Array.of(1) } }));
    expect(offer.options.get(61)).toEqual(identifier);
  });

  it('never exceed what the client can take, and what matters stays', () => {
    const outcome = aServer().ask({
      options: { 57: Uint8Array.of(2, 64), 82: new Uint8Array(200) },
      giaddr: '10.0.0.9',
    });
    const offer = replyOf(outcome);
    expect(outcome.kind === 'Reply' && outcome.reply.bytes.length).toBeLessThanOrEqual(548);
    expect(offer.options.has(51)).toBe(true);
  });

  it('a client is the same whether its firmware or its system asks: identity is the MAC address', () => {
    const server = aServer();
    const first = server.ask({ options: { 61: Uint8Array.of(0, 9, 9) } });
    expect(replyOf(server.ask({ options: { 61: Uint8Array.of(255, 1, 1, 1, 1) } })).address).toBe(
      replyOf(first).address,
    );
  });

  it('strings end in NUL for a client whose own do, and for Microsoft', () => {
    const domain = (options: Record<number, Uint8Array>) =>
      replyOf(aServer().ask({ options })).options.get(option.domainName.code)?.at(-1);
    expect(domain({ 12: ascii('win\0') })).toBe(0);
    expect(domain({ 60: ascii('MSFT 5.0') })).toBe(0);
    expect(domain({ 12: ascii('linux') })).toBe('e'.charCodeAt(0));
  });
});

describe('boot answers', () => {
  const pxe = { 60: ascii('PXEClient:Arch:00007:UNDI:003000'), 93: Uint8Array.of(0, 7) };
  const list = Uint8Array.of(1, 3, 66, 67);

  it('a PXE client gets one complete offer: file, next server, 60 with 43 that says take it', () => {
    const offer = replyOf(aServer().ask({ options: { ...pxe, 55: list } }));
    expect(offer).toMatchObject({ file: 'snponly.efi', siaddr: quad('10.0.0.1') });
    expect(readText(offer.options, option.vendorClass)).toBe('PXEClient');
    expect(offer.options.get(option.vendorSpecific.code)).toEqual(Uint8Array.of(6, 1, 8, 255));
    expect(offer.options.get(option.bootFileName.code)).toEqual(ascii('snponly.efi\0'));
    expect(offer.options.get(option.tftpServerName.code)).toEqual(ascii('10.0.0.1\0'));
  });

  it('option 60 is not sent to a PXE client that gets no file: EDK2 would ask port 4011', () => {
    const options = { ...pxe, 93: Uint8Array.of(0, 6) };
    const offer = replyOf(aServer().ask({ options }));
    expect(offer.file).toBe('');
    expect(offer.options.has(option.vendorClass.code)).toBe(false);
    expect(offer.options.has(option.vendorSpecific.code)).toBe(false);
  });

  it('option 97 is not needed, as some Intel ROMs send none, and given back when it is sent', () => {
    expect(replyOf(aServer().ask({ options: pxe })).file).toBe('snponly.efi');
    const identifier = new Uint8Array(17).fill(3, 1);
    expect(replyOf(aServer().ask({ options: { ...pxe, 97: identifier } })).options.get(97)).toEqual(
      identifier,
    );
  });

  it('an HTTPClient gets 60 HTTPClient and a URI without a NUL', () => {
    const options = { 60: ascii('HTTPClient:Arch:00016:UNDI:003001'), 93: Uint8Array.of(0, 16), 55: list };
    const offer = replyOf(aServer().ask({ options }));
    expect(readText(offer.options, option.vendorClass)).toBe('HTTPClient');
    expect(offer.options.get(67)).toEqual(ascii('http://10.0.0.1:7480/loaders/snponly.efi'));
    expect(offer.options.has(43)).toBe(false);
  });

  it('iPXE gets its script and is told not to wait for ProxyDHCP', () => {
    const offer = replyOf(aServer().ask({ options: { ...pxe, 77: ascii('iPXE') } }));
    expect(offer.file).toBe('http://10.0.0.1:7480/boot/52-54-00-00-00-01.ipxe');
    expect(offer.options.get(option.ipxe.code)).toEqual(Uint8Array.of(176, 1, 1));
    expect(offer.options.has(option.vendorClass.code)).toBe(false);
  });

  it('nobody gets one where booting is disabled, nor is the backend asked', () => {
    const server = aServer([{ ...subnet, bootDisabled: true }]);
    expect(replyOf(server.ask({ options: pxe })).file).toBe('');
    expect(server.asked).toEqual([]);
  });

  it('an operating system is never asked about', () => {
    const server = aServer();
    server.ask({ options: { 60: ascii('MSFT 5.0') } });
    expect(server.asked).toEqual([]);
  });

  it('sightings tell who asked, on which interface, and what it was given', () => {
    expect(aServer().ask({ options: pxe })).toMatchObject({
      sighting: {
        mac: unknown,
        device: 'eth0',
        vlan: 'v',
        subnet: 'a',
        address: '10.0.0.100',
        architecture: 7,
        stage: 'Discover',
        client: 'PXE',
      },
    });
  });
});
