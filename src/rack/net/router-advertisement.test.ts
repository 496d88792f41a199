import { describe, expect, it } from 'vitest';
import { emptyRouterAdvertisement } from './router-advertisement.ts';

describe('the router advertisement that offers nothing', () => {
  it('is what Linux sends for the same content (6.18, raw ICMPv6 socket, tcpdump 4.99)', () => {
    const kernel =
      '00103afffe800000000000005894a6fffe70329efe80000000000000505400fffe790003' +
      '8600fc3f000000000000000000000000';
    const packet = Buffer.from(emptyRouterAdvertisement('5a:94:a6:70:32:9e', '52:54:00:79:00:03')).toString(
      'hex',
    );
    // The kernel chooses a flow label, which is in the first four bytes.
    expect(packet.slice(0, 8)).toBe('60000000');
    expect(packet.slice(8)).toBe(kernel);
  });
});
