import { describe, expect, it } from 'vitest';
import { hostAddressProblem } from './host-address.ts';

const v4 = {
  cidr: '10.0.0.0/24',
  gateway: '10.0.0.1',
  dynamic: [{ start: '10.0.0.100', end: '10.0.0.110' }],
};
const v6 = { cidr: 'fd00::/64', gateway: 'fe80::1', dynamic: [{ start: 'fd00::100', end: 'fd00::1ff' }] };

describe('whether a machine can be given an address', () => {
  it.each([
    ['a free address is fine', '10.0.0.9', v4, undefined],
    ['one before the dynamic range is fine', '10.0.0.99', v4, undefined],
    ['the first of the dynamic range is not', '10.0.0.100', v4, 'InDynamicRange'],
    ['the last of the dynamic range is not', '10.0.0.110', v4, 'InDynamicRange'],
    ['one of another network is not', '10.0.1.9', v4, 'OutsideSubnet'],
    ['one of the other family is not', 'fd00::9', v4, 'OutsideSubnet'],
    ["the network's address is not", '10.0.0.0', v4, 'NotAHost'],
    ['the broadcast address is not', '10.0.0.255', v4, 'NotAHost'],
    ["the gateway's address is not", '10.0.0.1', v4, 'IsGateway'],
    ['both of a /31 are fine', '10.0.0.0', { cidr: '10.0.0.0/31', dynamic: [] }, undefined],
    ['an IPv6 address is fine', 'fd00::9', v6, undefined],
    ['an IPv6 address in a dynamic range is not', 'fd00::1a0', v6, 'InDynamicRange'],
    ['the subnet-router anycast address is not', 'fd00::', v6, 'NotAHost'],
  ])('%s', (_sentence, address, subnet, expected) => {
    expect(hostAddressProblem(address, subnet)).toBe(expected);
  });
});
