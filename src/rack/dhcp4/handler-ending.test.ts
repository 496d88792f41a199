import { describe, expect, it } from 'vitest';
import { quad } from '../../../test/fixtures/packets/dhcp4.ts';
import { messageType as message, option } from './options.ts';
import { aServer, known, other, replyOf, selecting, start, subnet, unknown } from './testing/a-server.ts';

describe('DECLINE, RELEASE and INFORM', () => {
  it('a declined address is given to nobody for a day', () => {
    const server = aServer();
    server.bind(unknown, '10.0.0.100');
    const outcome = server.ask({ type: message.decline, options: selecting('10.0.0.100') });
    expect(outcome).toMatchObject({ kind: 'Record', commit: { state: 'Declined', client: '' } });
    expect(replyOf(server.ask({})).address).toBe('10.0.0.101');
  });

  it('a known client that declines its address gets another one for ten minutes, then its own again', () => {
    const server = aServer();
    const outcome = server.ask({ type: message.decline, mac: known, options: selecting('10.0.0.20') });
    expect(outcome).toMatchObject({ kind: 'Record', commit: { state: 'Declined', client: '' } });
    expect(replyOf(server.ask({ mac: known })).address).toBe('10.0.0.100');
    server.state.now = start + 10 * 60_000;
    expect(replyOf(server.ask({ mac: known })).address).toBe('10.0.0.20');
  });

  it('nobody can decline what is reserved for another', () => {
    const outcome = aServer().ask({ type: message.decline, options: selecting('10.0.0.20') });
    expect(outcome).toMatchObject({ kind: 'Ignore', reason: 'NotTheirs' });
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
