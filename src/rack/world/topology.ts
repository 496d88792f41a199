import type { Rack } from '../../api/rack/schema.ts';
import type { Subnet } from '../../api/subnet/schema.ts';
import { dhcpModeOf, type Vlan } from '../../api/vlan/schema.ts';
import { parseIp } from '../../domain/net/address.ts';
import { cidrContains, parseCidr } from '../../domain/net/cidr.ts';
import { isOlder } from '../../domain/seniority.ts';
import type { DhcpNetwork, DhcpSubnet } from '../dhcp4/ports.ts';
import type { NetworkInterface } from '../net/interfaces.ts';

/** One interface of the rack and where it is wired to. */
export interface Attachment {
  interface: NetworkInterface;
  /** Name of the VLAN, when it is known. */
  vlan: string | undefined;
  /** Subnets of that VLAN in which the rack has an address, with the address. */
  subnets: { subnet: Subnet; address: string }[];
}

/**
 * Finds the VLAN of each interface: what the Rack's spec says, else the VLAN of the subnet that its first address lies in. Where
 * subnets overlap, the one that was there first counts.
 *
 * @param wanted names of the interfaces to serve; empty: all
 */
export function attach(
  interfaces: readonly NetworkInterface[],
  wanted: readonly string[],
  overrides: Rack['spec']['interfaces'],
  subnets: readonly Subnet[],
): Attachment[] {
  const known = subnets
    .map((subnet) => ({ subnet, cidr: parseCidr(subnet.spec.cidr) }))
    .sort((a, b) => (isOlder(a.subnet.metadata, b.subnet.metadata) ? -1 : 1));
  return interfaces
    .filter((nic) => wanted.length === 0 || wanted.includes(nic.name))
    .map((nic) => {
      const own = nic.addresses.flatMap(({ address }) => {
        const ip = parseIp(address);
        return known.filter(({ cidr }) => cidrContains(cidr, ip)).map(({ subnet }) => ({ subnet, address }));
      });
      const vlan = overrides.find((entry) => entry.name === nic.name)?.vlan ?? own[0]?.subnet.spec.vlan;
      const seen = new Set<string>();
      const first = own.filter(({ subnet: { metadata, spec } }) => {
        if (spec.vlan !== vlan || seen.has(metadata.name)) return false;
        seen.add(metadata.name);
        return true;
      });
      return { interface: nic, vlan, subnets: first };
    });
}

/** What else there is that an answer depends on. */
export interface Surroundings {
  /** Addresses inside the subnet's dynamic ranges that are reserved for somebody. */
  takenOn(subnet: Subnet): string[];
  /** All subnets of a VLAN, by its name. */
  subnetsOf(vlan: string): Subnet[];
}

const emptySurroundings: Surroundings = { takenOn: () => [], subnetsOf: () => [] };

/** What DHCPv4 hands out on an attachment; undefined where nothing is to be answered. */
export function dhcpNetworkOf(
  attachment: Attachment,
  vlan: Vlan | undefined,
  surroundings: Surroundings = emptySurroundings,
): DhcpNetwork | undefined {
  const mode = vlan === undefined ? 'None' : dhcpModeOf(vlan.spec);
  if (vlan === undefined || mode === 'None') return undefined;
  const subnets = attachment.subnets
    .filter(({ subnet, address }) => subnet.spec.managed && !address.includes(':'))
    .map(({ subnet, address }) =>
      dhcpSubnetOf(subnet, address, { mtu: vlan.spec.mtu, taken: surroundings.takenOn(subnet) }),
    );
  const elsewhere = surroundings
    .subnetsOf(vlan.metadata.name)
    .filter(
      ({ metadata, spec }) => !spec.cidr.includes(':') && !subnets.some(({ name }) => name === metadata.name),
    )
    .map(({ spec }) => spec.cidr);
  return subnets.length === 0 ? undefined : { vlan: vlan.metadata.name, mode, subnets, elsewhere };
}

function dhcpSubnetOf(
  subnet: Subnet,
  serverAddress: string,
  { mtu, taken }: { mtu: number; taken: readonly string[] },
): DhcpSubnet {
  const { spec } = subnet;
  const v4 = (addresses: readonly string[]): string[] =>
    addresses.filter((address) => !address.includes(':'));
  return {
    name: subnet.metadata.name,
    cidr: spec.cidr,
    ...(spec.gateway === undefined ? {} : { gateway: spec.gateway }),
    dnsServers: v4(spec.dnsServers),
    ntpServers: v4(spec.ntpServers),
    ...(spec.domainName === undefined ? {} : { domainName: spec.domainName }),
    mtu,
    dynamicRanges: spec.ranges.dynamic.map(({ start, end, dhcpOptions }) => ({
      start,
      end,
      ...(dhcpOptions === undefined ? {} : { options: dhcpOptions }),
    })),
    ...(taken.length === 0 ? {} : { taken }),
    ...(spec.searchDomains === undefined ? {} : { searchDomains: spec.searchDomains }),
    ...(spec.staticRoutes === undefined ? {} : { staticRoutes: spec.staticRoutes }),
    ...(spec.dhcpOptions === undefined ? {} : { options: spec.dhcpOptions }),
    leaseSeconds: spec.leaseSeconds,
    serverAddress,
    bootDisabled: spec.bootDisabled,
  };
}
