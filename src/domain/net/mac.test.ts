import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { isMac, macFromBytes, macToBytes, parseMac } from './mac.ts';

describe('MAC addresses', () => {
  it.each([
    ['52:54:00:AB:cd:01', '52:54:00:ab:cd:01'],
    ['52-54-00-ab-cd-01', '52:54:00:ab:cd:01'],
    ['5254.00ab.cd01', '52:54:00:ab:cd:01'],
    ['525400ABCD01', '52:54:00:ab:cd:01'],
    ['0:1:2:3:4:f', '00:01:02:03:04:0f'],
  ])('%s is normalised to %s', (text, normal) => {
    expect(parseMac(text)).toBe(normal);
  });

  it.each([
    '',
    '52:54:00:ab:cd',
    '52:54:00:ab:cd:01:02',
    '52:54:00:ab:cd:0g',
    '5254.00abcd01',
    ' 525400abcd01',
  ])('%j is refused', (text) => {
    expect(isMac(text)).toBe(false);
    expect(() => parseMac(text)).toThrow(DecodeError);
  });

  it('survives the way to bytes and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        expect(macToBytes(macFromBytes(bytes))).toEqual(bytes);
      }),
    );
  });
});
