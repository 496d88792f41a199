import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { formatIp, ipv4FromNumber, ipv4ToNumber, isIp, parseIp } from './address.ts';

describe('IP addresses', () => {
  it.each([
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['192.0.2.1', '192.0.2.1'],
  ])('%s is written as %s', (text, canonical) => {
    expect(formatIp(parseIp(text))).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '::1%eth0',
    '1.2.3.4::',
    '::1.2.3.4:5',
  ])('%j is refused', (text) => {
    expect(isIp(text)).toBe(false);
    expect(() => parseIp(text)).toThrow(DecodeError);
  });

  it('agrees with node:net on what is an address', () => {
    const piece = fc.constantFrom('0', '1', 'ff', 'abcd', '256', ':', '::', '.', '1.2.3.4', '12345');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        expect(isIp(text), text).toBe(isIP(text) !== 0);
      }),
      { numRuns: 2000 },
    );
  });

  it('formats every value so that it is read back', () => {
    const ip = fc.oneof(
      fc.record({ family: fc.constant(4 as const), value: fc.bigInt(0n, 2n ** 32n - 1n) }),
      fc.record({ family: fc.constant(6 as const), value: fc.bigInt(0n, 2n ** 128n - 1n) }),
    );
    fc.assert(
      fc.property(ip, fc.nat(0xffffffff), (address, quad) => {
        expect(parseIp(formatIp(address))).toEqual(address);
        expect(ipv4ToNumber(ipv4FromNumber(quad))).toBe(quad);
      }),
    );
  });
});
