import { describe, expect, it } from 'vitest';
import { address, quad } from '../../../test/fixtures/packets/dhcp4.ts';
import { messageType as message, option, readNumber, readText } from './options.ts';
import { aServer, known, other, replyOf, start, subnet, unknown } from './testing/a-server.ts';

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

  it('never gives out what is reserved inside a range, and skips to the next', () => {
    const server = aServer([{ ...subnet, taken: ['10.0.0.100', '10.0.0.102'] }]);
    expect(replyOf(server.ask({})).address).toBe('10.0.0.101');
    expect(server.ask({ mac: other })).toMatchObject({ kind: 'Ignore', reason: 'NoAddress' });
  });

  it('that selects a subnet (RFC 3011) is offered an address of it, and its selection back', () => {
    const offer = replyOf(aServer().ask({ options: { 118: address('10.0.1.0') } }));
    expect(offer.address).toBe('10.0.1.100');
    expect(offer.options.get(118)).toEqual(Uint8Array.of(10, 0, 1, 0));
  });

  it('that selects a subnet which is not on its wire is not answered', () => {
    const outcome = aServer().ask({ options: { 118: address('10.7.0.0') } });
    expect(outcome).toMatchObject({ kind: 'Ignore', reason: 'OtherSubnet' });
  });
});
