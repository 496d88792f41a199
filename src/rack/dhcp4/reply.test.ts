import { describe, expect, it } from 'vitest';
import { ascii } from '../../../test/fixtures/packets/dhcp4.ts';
import { option } from './options.ts';
import { aServer, known, replyOf } from './testing/a-server.ts';

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
