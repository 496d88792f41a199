import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { ipv4FromNumber } from '../net/address.ts';
import { formatCidr, parseCidr } from '../net/cidr.ts';
import { decodeClasslessRoutes, encodeClasslessRoutes } from './classless-routes.ts';

const quad = fc.nat(0xffffffff).map(ipv4FromNumber);
const route = fc.record({
  destination: fc
    .tuple(quad, fc.nat(32))
    .map(([address, prefix]) => formatCidr(parseCidr(`${address}/${prefix}`))),
  gateway: quad,
});

describe('classless routes', () => {
  it.each([
    ['0.0.0.0/0', '00'],
    ['10.0.0.0/8', '080a'],
    ['10.17.0.0/16', '100a11'],
    ['10.27.129.0/24', '180a1b81'],
    ['10.229.0.128/25', '190a e50080'],
    ['10.198.122.47/32', '200ac67a2f'],
  ])('the descriptor of %s is that of RFC 3442', (destination, descriptor) => {
    const bytes = encodeClasslessRoutes([{ destination, gateway: '10.0.0.1' }]);
    expect(Buffer.from(bytes).toString('hex')).toBe(`${descriptor.replace(' ', '')}0a000001`);
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.array(route), (routes) => {
        expect(decodeClasslessRoutes(encodeClasslessRoutes(routes))).toEqual(routes);
      }),
    );
  });

  it('end, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeClasslessRoutes(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });

  it('cannot be of IPv6', () => {
    expect(() => encodeClasslessRoutes([{ destination: 'fd00::/64', gateway: '10.0.0.1' }])).toThrow(
      DecodeError,
    );
  });
});
