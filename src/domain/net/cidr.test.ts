import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { formatIp, parseIp } from './address.ts';
import {
  broadcastAddress,
  cidrContains,
  cidrRange,
  formatCidr,
  netmask,
  parseCidr,
  usableHosts,
} from './cidr.ts';
import { formatRange, rangeContains } from './range.ts';

describe('CIDR', () => {
  it.each([
    ['10.0.0.77/24', '10.0.0.0/24', '10.0.0.1-10.0.0.254', '10.0.0.255', '255.255.255.0'],
    ['10.0.0.0/31', '10.0.0.0/31', '10.0.0.0-10.0.0.1', undefined, '255.255.255.254'],
    ['10.0.0.5/32', '10.0.0.5/32', '10.0.0.5-10.0.0.5', undefined, '255.255.255.255'],
    ['0.0.0.0/0', '0.0.0.0/0', '0.0.0.1-255.255.255.254', '255.255.255.255', '0.0.0.0'],
    [
      '2001:db8::9/126',
      '2001:db8::8/126',
      '2001:db8::9-2001:db8::b',
      undefined,
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc',
    ],
    [
      '2001:db8::9/128',
      '2001:db8::9/128',
      '2001:db8::9-2001:db8::9',
      undefined,
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ],
  ])('%s: network, hosts, broadcast and mask', (text, network, hosts, broadcast, mask) => {
    const cidr = parseCidr(text);
    const last = broadcastAddress(cidr);
    expect(formatCidr(cidr)).toBe(network);
    expect(formatRange(usableHosts(cidr))).toBe(hosts);
    expect(last && formatIp(last)).toBe(broadcast);
    expect(formatIp(netmask(cidr))).toBe(mask);
  });

  it.each(['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '::/129', '10.0.0/8', '/8'])(
    '%j is refused',
    (text) => {
      expect(() => parseCidr(text)).toThrow(DecodeError);
    },
  );

  it('contains exactly what is in its range', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(32), fc.nat(0xffffffff), (network, prefix, other) => {
        const cidr = parseCidr(`${formatIp({ family: 4, value: BigInt(network) })}/${prefix}`);
        const address = { family: 4 as const, value: BigInt(other) };
        expect(cidrContains(cidr, address)).toBe(rangeContains(cidrRange(cidr), address));
      }),
    );
  });

  it('never contains an address of the other family', () => {
    expect(cidrContains(parseCidr('::/0'), parseIp('10.0.0.1'))).toBe(false);
  });
});
