import { describe, expect, it } from 'vitest';
import { quad } from '../../../test/fixtures/packets/dhcp4.ts';
import { messageType as message, option, readNumber } from './options.ts';
import { aServer, replyOf, selecting } from './testing/a-server.ts';

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
