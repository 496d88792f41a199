import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHostPort, parseHostPort } from './host-port.ts';

describe('the address of a BMC', () => {
  it.each([
    { address: '10.0.0.5', host: '10.0.0.5', port: 623 },
    { address: '10.0.0.5:6230', host: '10.0.0.5', port: 6230 },
    { address: 'bmc-1.example.test', host: 'bmc-1.example.test', port: 623 },
    { address: '2001:db8::5', host: '2001:db8::5', port: 623 },
    { address: '[2001:db8::5]', host: '2001:db8::5', port: 623 },
    { address: '[2001:db8::5]:6230', host: '2001:db8::5', port: 6230 },
    { address: '[fe80::1%eth0]:6230', host: 'fe80::1%eth0', port: 6230 },
  ])('$address is $host port $port', ({ address, host, port }) => {
    expect(parseHostPort(address, 623)).toEqual({ host, port });
  });

  it.each(['', 'https://bmc', 'bmc:0', 'bmc:65536', 'bmc:', 'user@bmc', 'a b', '[2001:db8::5', 'bmc/1'])(
    '"%s" is none',
    (address) => {
      expect(parseHostPort(address, 623)).toBeUndefined();
    },
  );

  it('is written as it is read', () => {
    const hosts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(hosts, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        expect(parseHostPort(formatHostPort({ host, port }), 1)).toEqual({ host, port });
      }),
    );
  });
});
