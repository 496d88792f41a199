import { oldest } from '../seniority.ts';

interface Named {
  metadata: { name: string; creationTimestamp?: string | undefined };
}

/** The parts of a machine that decide which interface has its addresses written down. */
export interface StaticMachine extends Named {
  spec: {
    macAddresses: readonly string[];
    boot?: { method?: string; macAddress?: string | undefined; taggedVlan?: boolean } | undefined;
  };
}

/** The parts of an IPAddress. */
export interface StaticAddress extends Named {
  spec: {
    address: string;
    subnet: string;
    purpose: string;
    mac?: string | undefined;
    machine?: string | undefined;
  };
}

/** The parts of a Subnet. */
export interface StaticSubnet {
  spec: { cidr: string; vlan: string; gateway?: string | undefined; dnsServers: readonly string[] };
}

/** Where the objects are looked up. */
export interface StaticSources {
  addressesOf(mac: string): readonly StaticAddress[];
  subnet(name: string): StaticSubnet | undefined;
  vlan(name: string): { spec: { vid: number; mtu: number } } | undefined;
}

/** An interface whose addresses are written down, since no DHCP gives them. IPv4. */
export interface StaticInterface {
  mac: string;
  /** `10.0.0.9/24` */
  address: string;
  gateway?: string;
  dnsServers: string[];
  /** Undefined: frames carry no tag. */
  vlan?: number;
  mtu: number;
  /** Of its subnet. */
  cidr: string;
}

/** From the IPAddress of the interface, its Subnet and VLAN. Undefined for a machine that is to ask DHCP. */
export function staticInterfaceOf(
  machine: StaticMachine,
  sources: StaticSources,
): StaticInterface | undefined {
  const { macAddresses, boot } = machine.spec;
  const macs = boot?.macAddress === undefined ? macAddresses : [boot.macAddress];
  for (const mac of macs) {
    const address = oldest(sources.addressesOf(mac).filter((each) => isUsable(each, machine)));
    const subnet = address === undefined ? undefined : sources.subnet(address.spec.subnet);
    if (address === undefined || subnet === undefined) continue;
    const { cidr, gateway, dnsServers, vlan } = subnet.spec;
    const { vid, mtu } = sources.vlan(vlan)?.spec ?? { vid: 0, mtu: 1500 };
    return {
      ...{ mac, mtu, cidr },
      address: `${address.spec.address}/${cidr.split('/')[1] ?? '32'}`,
      ...(isIpv4(gateway) ? { gateway } : {}),
      dnsServers: dnsServers.filter(isIpv4),
      ...(boot?.taggedVlan === true && vid !== 0 ? { vlan: vid } : {}),
    };
  }
  return undefined;
}

function isUsable({ spec }: StaticAddress, machine: StaticMachine): boolean {
  const isForeign = spec.machine !== undefined && spec.machine !== machine.metadata.name;
  return isIpv4(spec.address) && !isForeign && (spec.purpose === 'Static' || spec.purpose === 'Auto');
}

function isIpv4(address: string | undefined): address is string {
  return address?.includes('.') === true;
}

/**
 * The network configuration of cloud-init (version 2) for a machine on virtual media whose addresses are written down: what it
 * installs asks no DHCP either. Undefined where the OS is to ask.
 */
export function staticNetworkConfig(machine: StaticMachine, sources: StaticSources): string | undefined {
  if (machine.spec.boot?.method !== 'VirtualMedia') return undefined;
  const found = staticInterfaceOf(machine, sources);
  if (found === undefined) return undefined;
  const { mac, address, gateway, dnsServers, vlan, mtu } = found;
  const name = 'mw0';
  const addresses = {
    addresses: [address],
    mtu,
    ...(gateway === undefined ? {} : { routes: [{ to: '0.0.0.0/0', via: gateway }] }),
    ...(dnsServers.length === 0 ? {} : { nameservers: { addresses: dnsServers } }),
  };
  const link = { match: { macaddress: mac }, 'set-name': name };
  const config =
    vlan === undefined
      ? { version: 2, ethernets: { [name]: { ...link, ...addresses } } }
      : {
          version: 2,
          ethernets: { [name]: { ...link, mtu } },
          vlans: { [`${name}.${vlan}`]: { id: vlan, link: name, ...addresses } },
        };
  // YAML is what cloud-init reads, and JSON is YAML.
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
