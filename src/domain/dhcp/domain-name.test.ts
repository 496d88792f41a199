import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { decodeDomainNames, decodePartialName, encodeDomainName, encodeDomainNames } from './domain-name.ts';

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'));
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe('domain names', () => {
  it('share their tails, as in the example of RFC 3397', () => {
    const wanted = '\x03eng\x05apple\x03com\0\x09marketing\xc0\x04';
    expect(encodeDomainNames(['eng.apple.com', 'marketing.apple.com'])).toEqual(bytes(wanted));
  });

  it('that were there before are a pointer alone, whatever their case', () => {
    expect(encodeDomainNames(['a.b', 'A.B.'])).toEqual(bytes('\x01a\x01b\0\xc0\0'));
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 12 }), (names) => {
        expect(decodeDomainNames(encodeDomainNames(names))).toEqual(names);
      }),
    );
  });

  it('end, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
        for (const decode of [decodeDomainNames, decodePartialName]) {
          try {
            decode(input);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a pointer to itself', '\xc0\0'],
    ['a pointer ahead', '\x01a\xc0\x05\x01b\0'],
    ['half a pointer', '\x01a\xc0'],
    ['a label without its end', '\x05ab'],
    ['a name without its end', '\x01a'],
  ])('are refused with %s', (_, input) => {
    expect(() => decodeDomainNames(bytes(input))).toThrow(DecodeError);
  });

  it.each(['', '.', 'a..b', `${'a'.repeat(64)}.b`, `${'a.'.repeat(127)}b`])('cannot be %j', (text) => {
    expect(() => encodeDomainName(text)).toThrow(DecodeError);
  });

  it('that a client sent in part are told from whole ones', () => {
    expect(decodePartialName(bytes('\x01a'))).toEqual({ name: 'a', complete: false });
    expect(decodePartialName(bytes('\x01a\x01b\0'))).toEqual({ name: 'a.b', complete: true });
  });
});
