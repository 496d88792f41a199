import { describe, expect, it } from 'vitest';
import {
  type StaticAddress,
  type StaticMachine,
  staticInterfaceOf,
  staticNetworkConfig,
} from './static-network.ts';

const [first, second] = ['52:54:00:00:00:01', '52:54:00:00:00:02'];
const machine = (boot: StaticMachine['spec']['boot'] = { method: 'VirtualMedia' }): StaticMachine => ({
  metadata: { name: 'm1' },
  spec: { macAddresses: [first, second], boot },
});
const address = (mac: string, spec: Partial<StaticAddress['spec']> = {}): StaticAddress => ({
  metadata: { name: '10.0.0.9' },
  spec: { address: '10.0.0.9', subnet: 's', purpose: 'Static', mac, ...spec },
});
const sources = (...addresses: StaticAddress[]) => ({
  addressesOf: (mac: string) => addresses.filter(({ spec }) => spec.mac === mac),
  subnet: () => ({
    spec: { cidr: '10.0.0.0/24', vlan: 'v', gateway: '10.0.0.1', dnsServers: ['10.0.0.2', 'fd00::2'] },
  }),
  vlan: () => ({ spec: { vid: 12, mtu: 9000 } }),
});
const whole = {
  ...{ mac: first, address: '10.0.0.9/24', gateway: '10.0.0.1', dnsServers: ['10.0.0.2'] },
  ...{ mtu: 9000, cidr: '10.0.0.0/24' },
};

describe('the interface whose addresses are written down', () => {
  it.each<[string, StaticMachine, StaticAddress[], unknown]>([
    ['is the first with an IPAddress', machine(), [address(first), address(second)], whole],
    ['is another where the first has none', machine(), [address(second)], { ...whole, mac: second }],
    [
      'is the one that is named',
      machine({ macAddress: second }),
      [address(first), address(second)],
      { ...whole, mac: second },
    ],
    [
      'has the tag of its VLAN on a trunk',
      machine({ taggedVlan: true }),
      [address(first)],
      { ...whole, vlan: 12 },
    ],
    ['is none without an IPAddress', machine(), [], undefined],
    ["is none with another machine's", machine(), [address(first, { machine: 'm2' })], undefined],
    [
      'is none with an address that is kept out of use',
      machine(),
      [address(first, { purpose: 'Reserved' })],
      undefined,
    ],
    ['is none with IPv6 alone', machine(), [address(first, { address: 'fd00::9' })], undefined],
  ])('%s', (_sentence, of, addresses, expected) => {
    expect(staticInterfaceOf(of, sources(...addresses))).toEqual(expected);
  });
});

describe('the network of an OS that was installed through virtual media', () => {
  const configOf = (boot: StaticMachine['spec']['boot']): unknown =>
    JSON.parse(staticNetworkConfig(machine(boot), sources(address(first))) ?? 'null');
  const addresses = {
    ...{ addresses: ['10.0.0.9/24'], mtu: 9000, nameservers: { addresses: ['10.0.0.2'] } },
    routes: [{ to: '0.0.0.0/0', via: '10.0.0.1' }],
  };

  it('is that of the ephemeral OS', () => {
    expect(configOf({ method: 'VirtualMedia' })).toEqual({
      version: 2,
      ethernets: { mw0: { match: { macaddress: first }, 'set-name': 'mw0', ...addresses } },
    });
  });

  it('is on the VLAN where frames carry a tag', () => {
    expect(configOf({ method: 'VirtualMedia', taggedVlan: true })).toMatchObject({
      ethernets: { mw0: { match: { macaddress: first } } },
      vlans: { 'mw0.12': { id: 12, link: 'mw0', ...addresses } },
    });
  });

  it.each([[undefined], [{ method: 'Network' }]])('is left to DHCP for %j', (boot) => {
    expect(staticNetworkConfig(machine(boot ?? {}), sources(address(first)))).toBeUndefined();
  });
});
