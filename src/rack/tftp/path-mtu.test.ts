import { describe, expect, it } from 'vitest';
import { interfaceMtu, largestBlock, placesOf } from './path-mtu.ts';

const place = { address: '10.0.0.1', device: 'eth0', cidr: '10.0.0.1/24' };
const family = 4 as const;

describe('the largest block that needs no fragments', () => {
  it.each([
    ['on Ethernet', 1500, '10.0.0.9', 1468],
    ['on a network of jumbo frames', 9000, '10.0.0.9', 8968],
    ['through a router from such a network', 9000, '10.9.9.9', 1468],
    ['in a tunnel', 1400, '10.9.9.9', 1368],
    ['on an interface that cannot say', undefined, '10.0.0.9', 1468],
  ])('%s', (_where, mtu, peer, largest) => {
    expect(largestBlock(place, peer, () => mtu)).toBe(largest);
  });

  it('is asked of the kernel', () => {
    expect(interfaceMtu('lo')).toBeGreaterThan(1500);
    expect(interfaceMtu('no such interface')).toBeUndefined();
  });
});

describe('the places to serve', () => {
  const interfaces = () => [
    {
      name: 'eth0',
      mac: '52:54:00:00:00:01',
      addresses: [
        { family, address: '10.0.0.1', cidr: '10.0.0.1/24' },
        { family: 6 as const, address: 'fe80::1', cidr: 'fe80::1/64' },
        { family, address: '10.0.1.1', cidr: '10.0.1.1/24' },
      ],
    },
    {
      name: 'eth1',
      mac: '52:54:00:00:00:02',
      addresses: [{ family, address: '10.2.0.1', cidr: '10.2.0.1/16' }],
    },
  ];
  it.each([
    ['all addresses of a device', { device: 'eth0' }, ['10.0.0.1', '10.0.1.1']],
    ['one address', { address: '10.2.0.1' }, ['10.2.0.1']],
    ['one address of a device', { device: 'eth0', address: '10.0.1.1' }, ['10.0.1.1']],
    ['a device that is not there, for the socket to say so', { device: 'eth9' }, [undefined]],
    ['everything', {}, [undefined]],
  ])('%s', (_what, where, addresses) => {
    expect(placesOf(where, interfaces).map(({ address }) => address)).toEqual(addresses);
  });
});
