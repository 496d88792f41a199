import { describe, expect, it } from 'vitest';
import { address, quad } from '../../../test/fixtures/packets/dhcp4.ts';
import { messageType as message } from './options.ts';
import { aServer, known, other, replyOf, selecting, start, subnet, unknown } from './testing/a-server.ts';

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

  it('for another server gives the address that it was offered here to the next client', () => {
    const server = aServer([{ ...subnet, dynamicRanges: [{ start: '10.0.0.100', end: '10.0.0.100' }] }]);
    server.ask({});
    expect(server.ask({ mac: other }).kind).toBe('Ignore');
    server.ask({ type: message.request, options: selecting('10.0.0.100', '10.0.0.9') });
    expect(replyOf(server.ask({ mac: other })).address).toBe('10.0.0.100');
  });

  it('for another server does not end a lease that it has', () => {
    const server = aServer();
    server.bind(unknown, '10.0.0.100');
    server.ask({ type: message.request, options: selecting('10.0.0.100', '10.0.0.9') });
    expect(server.leases.at(quad('10.0.0.100'))).toMatchObject({ state: 'Bound', end: start + 600_000 });
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

  it('is refused when the address was reserved for another client since, inside the range', () => {
    const server = aServer([{ ...subnet, taken: ['10.0.0.101'] }]);
    server.bind(unknown, '10.0.0.101');
    expect(replyOf(server.ask(renew('10.0.0.101'))).type).toBe(message.nak);
    expect(replyOf(server.ask({})).address).toBe('10.0.0.100');
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

describe('REQUEST on a wire that carries subnets of another server', () => {
  const network = { elsewhere: ['192.168.1.0/24'] };

  it.each([
    ['reboots', { options: { 50: address('192.168.1.5') } }],
    ['renews', { ciaddr: '192.168.1.5' }],
  ])('is not answered when its client %s there', (_, wanted) => {
    const outcome = aServer([subnet], network).ask({ type: message.request, ...wanted });
    expect(outcome).toMatchObject({ kind: 'Ignore', reason: 'UnknownClient' });
  });

  it('is refused for an address of neither', () => {
    const outcome = aServer([subnet], network).ask({ type: message.request, ciaddr: '192.168.2.5' });
    expect(replyOf(outcome).type).toBe(message.nak);
  });
});

describe('the state of a client that sends a REQUEST', () => {
  const relayed = (flags: number) => ({
    giaddr: '10.0.0.9',
    ciaddr: '10.0.0.101',
    options: { 82: Uint8Array.of(10, 1, flags) },
  });
  it.each([
    ['Selecting', { options: selecting('10.0.0.101') }],
    ['Rebooting', { options: { 50: address('10.0.0.101') } }],
    ['Renewing', { ciaddr: '10.0.0.101' }],
    ['Renewing', relayed(0x80)],
    ['Rebinding', relayed(0)],
    ['Rebinding', { giaddr: '10.0.0.9', ciaddr: '10.0.0.101' }],
  ])('is %s', (state, wanted) => {
    const server = aServer();
    server.bind(unknown, '10.0.0.101');
    expect(server.ask({ type: message.request, ...wanted })).toMatchObject({ kind: 'Reply', state });
  });
});
