import { ownedOptions } from '../../../src/domain/dhcp/option-table.ts';
import { type Invalid, row } from './invalid-row.ts';

/** A Subnet whose only DHCP option is this one. */
const option = (what: string, setting: object, ...refusal: string[]): Invalid =>
  row(
    `a DHCP option ${what}`,
    'subnet',
    'spec.dhcpOptions',
    [setting],
    ...(refusal.length === 1 ? ['spec.dhcpOptions[0]', ...refusal] : refusal),
  );

const at = (field: string): string => `spec.dhcpOptions[0].${field}`;
const text = { text: 'x' };

/** DHCP options that the API server itself must refuse. */
export const invalidDhcpOptions: readonly Invalid[] = [
  option('of no name and no code', text, 'give exactly one of name and code'),
  option('of a name and a code', { name: 'root-path', code: 17, ...text }, 'exactly one of name and code'),
  option('of an unknown name', { name: 'root', ...text }, at('name'), 'Unsupported value'),
  option('of code 0, which is padding', { code: 0, ...text }, at('code'), 'greater than or equal to 1'),
  option(
    'of code 255, which ends a message',
    { code: 255, ...text },
    at('code'),
    'less than or equal to 254',
  ),
  ...ownedOptions.map(({ codes, reason }) => {
    const code = codes[codes.length - 1] ?? 0;
    return option(`of code ${code}`, { code, hex: '00' }, at('code'), reason);
  }),
  option('without a value', { code: 224 }, 'give exactly one value: addresses, text'),
  option('with two values', { code: 224, ...text, hex: '00' }, 'give exactly one value'),
  option(
    'that takes addresses and gets a text',
    { name: 'time-servers', ...text },
    'takes addresses (or hex)',
  ),
  option('that takes addresses, by its code', { code: 42, uint32: [1] }, 'takes addresses (or hex)'),
  option(
    'that takes a text and gets addresses',
    { code: 67, addresses: ['10.0.0.1'] },
    'takes text (or hex)',
  ),
  option('that takes a boolean', { name: 'ip-forwarding', uint8: [1] }, 'takes boolean (or hex)'),
  option('that takes two bytes', { name: 'interface-mtu', uint32: [1500] }, 'takes uint16 (or hex)'),
  option('that takes routes', { code: 121, addresses: ['10.0.0.1'] }, 'takes routes (or hex)'),
  option('that takes domains', { name: 'domain-search', ...text }, 'takes domains (or hex)'),
  option('that takes hex alone', { code: 43, ...text }, 'takes hex'),
  option('of one value with two', { name: 'interface-mtu', uint16: [1500, 9000] }, 'exactly one value'),
  option(
    'of one address with two',
    { code: 28, addresses: ['10.0.0.1', '10.0.0.2'] },
    'has exactly one value',
  ),
  option('with an IPv6 address', { code: 42, addresses: ['fd00::1'] }, at('addresses[0]'), 'should match'),
  option('with an octet too large', { code: 42, addresses: ['10.0.0.256'] }, at('addresses[0]')),
  option('with no addresses', { code: 42, addresses: [] }, at('addresses'), 'at least 1 items'),
  option('with a byte of 256', { code: 224, uint8: [256] }, at('uint8[0]'), '255'),
  option('with a number below zero', { code: 224, uint16: [-1] }, at('uint16[0]'), 'greater than or equal'),
  option('with half a byte', { code: 224, hex: '0' }, at('hex')),
  option('with no text', { code: 224, text: '' }, at('text')),
  option('with a line feed', { code: 224, text: 'a\nb' }, at('text'), 'should match'),
  option('with a domain that is none', { code: 119, domains: ['a..b'] }, at('domains[0]'), 'should match'),
  option(
    'with a route to a prefix of 33',
    { code: 121, routes: [{ destination: '10.0.0.0/33', gateway: '10.0.0.1' }] },
    at('routes[0].destination'),
  ),
  option(
    'with a route without router',
    { code: 121, routes: [{ destination: '10.0.0.0/8' }] },
    at('routes[0].gateway'),
    'Required',
  ),
  option(
    'that names one machine on a Subnet',
    { name: 'host-name', text: 'a' },
    'spec.dhcpOptions',
    'one machine',
  ),
  row(
    'a DHCP option twice, by name and by code',
    'subnet',
    'spec.dhcpOptions',
    [
      { name: 'root-path', text: '/a' },
      { code: 17, text: '/b' },
    ],
    'spec.dhcpOptions',
    'set twice',
  ),
  row(
    'DHCP options of an IPv6 subnet',
    'subnet-ipv6',
    'spec.dhcpOptions',
    [{ code: 224, text: 'x' }],
    'spec.dhcpOptions',
    'DHCPv4',
  ),
  row(
    'a DHCP option of a range that the server keeps',
    'subnet',
    'spec.ranges.dynamic.0.dhcpOptions',
    [{ code: 51, uint32: [60] }],
    'spec.ranges.dynamic[0].dhcpOptions[0].code',
    'leaseSeconds sets its times',
  ),
  row(
    'a DHCP option of a machine that the server keeps',
    'machine-redfish',
    'spec.dhcpOptions',
    [{ code: 82, hex: '00' }],
    'spec.dhcpOptions[0].code',
    'worked out for each message',
  ),
  row(
    'a DHCP option of an address without a value',
    'ipaddress',
    'spec.dhcpOptions',
    [{ name: 'host-name' }],
    'spec.dhcpOptions[0]',
    'exactly one value',
  ),
  row(
    '33 DHCP options',
    'machine-redfish',
    'spec.dhcpOptions',
    Array.from({ length: 33 }, (_, n) => ({ code: n + 200, text: 'x' })),
    'spec.dhcpOptions',
    'at most 32 items',
  ),
];
