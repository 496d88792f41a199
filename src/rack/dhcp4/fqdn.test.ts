import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii } from '../../../test/fixtures/packets/dhcp4.ts';
import { answerFqdn, readFqdn } from './fqdn.ts';
import { aServer, known, replyOf } from './testing/a-server.ts';

const asked = (flags: number, name: string): Uint8Array => Uint8Array.of(flags, 0, 0, ...ascii(name));
const answer = (flags: number, name: string): Uint8Array => Uint8Array.of(flags, 255, 255, ...ascii(name));
const offered = (value: Uint8Array, mac?: string) =>
  replyOf(aServer().ask({ options: { 81: value }, ...(mac === undefined ? {} : { mac }) })).options.get(81);

describe('the full name of a client (RFC 4702)', () => {
  it.each<[string, Uint8Array, Uint8Array]>([
    ['a part of a name gets the domain', asked(4, '\x03abc'), answer(0xc, '\x03abc\x04rack\x07example\0')],
    [
      'a host name alone gets it too, though the root ends it',
      asked(4, '\x03abc\0'),
      answer(0xc, '\x03abc\x04rack\x07example\0'),
    ],
    ['a full name stays as it is', asked(4, '\x03abc\x01x\0'), answer(0xc, '\x03abc\x01x\0')],
    ['text is answered as text', asked(0, 'abc'), answer(8, 'abc.rack.example')],
    ['a dot makes text a full name', asked(0, 'abc.x'), answer(8, 'abc.x')],
    ['a wish for updates is overridden', asked(5, '\x03abc\x01x\0'), answer(0xe, '\x03abc\x01x\0')],
    ['no wish is not', asked(0xc, '\x03abc\x01x\0'), answer(0xc, '\x03abc\x01x\0')],
    ['a wish for a name stays without one', asked(4, ''), answer(0xc, '')],
  ])('%s', (_, sent, got) => {
    expect(offered(sent)).toEqual(got);
  });

  it('is the reserved one, whatever the client calls itself', () => {
    expect(offered(asked(4, '\x03abc'), known)).toEqual(answer(0xc, '\x06node-a\x04rack\x07example\0'));
  });

  it('is not mentioned to a client that does not', () => {
    expect(replyOf(aServer().ask({})).options.has(81)).toBe(false);
  });

  it('is kept as the name of the lease', () => {
    expect(aServer().ask({ options: { 81: asked(4, '\x03abc') } })).toMatchObject({
      hold: { hostname: 'abc' },
    });
  });

  it('is read and answered from any bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const fqdn = readFqdn(new Map([[81, bytes]]));
        if (fqdn === undefined) return;
        const made = answerFqdn(fqdn, { hostname: undefined, domainName: 'rack.example' });
        expect(made === undefined || made.length <= 300).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
