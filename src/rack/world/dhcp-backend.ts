import type { IpAddressObject } from '../../api/ip-address/schema.ts';
import type { Rack } from '../../api/rack/schema.ts';
import { ipv4ToNumber, parseIp } from '../../domain/net/address.ts';
import { cidrContains, parseCidr } from '../../domain/net/cidr.ts';
import { isOlder } from '../../domain/seniority.ts';
import { type BootLoader, selectBootFile } from '../dhcp4/boot-file.ts';
import type { DhcpBackend, DhcpNetwork, DhcpSighting } from '../dhcp4/ports.ts';
import type { NetworkInterface } from '../net/interfaces.ts';
import { mayRelay, vlanOfRelay } from './relays.ts';
import { liesInRanges, reservationFor } from './reservation.ts';
import { type Attachment, attach, dhcpNetworkOf, type Surroundings } from './topology.ts';
import { machineByMac, type World } from './world.ts';

export interface DhcpBackendDeps {
  world: Pick<World, 'machines' | 'addresses' | 'subnets' | 'vlans' | 'racks'>;
  rackName: string;
  /** Names of the interfaces to serve; empty: all. */
  interfaces: readonly string[];
  listInterfaces(): NetworkInterface[];
  httpPort: number;
  /** The port that UEFI is to load from by HTTPS; undefined while that is not to be. */
  httpsBootPort?(): number | undefined;
  /** Whether this rack serves a loader. Default: all. */
  hasLoader?(loader: BootLoader): boolean;
  seen(sighting: DhcpSighting): void;
}

/** The backend, and the attachments that it was made from. */
export interface RackNetworks {
  backend: DhcpBackend;
  /** Looks at the interfaces anew. */
  attachments(): Attachment[];
}

/** Relays whose networks are remembered between two changes; their addresses come from packets, so there is a limit. */
const rememberedRelays = 1_000;

/** Answers the DHCP server from the informers. Networks are worked out once after each change, not for each packet. */
export function createDhcpBackend(deps: DhcpBackendDeps): RackNetworks {
  const { world } = deps;
  let attachments: Attachment[] | undefined;
  const networks = new Map<string, DhcpNetwork | undefined>();
  const relayed = new Map<string, DhcpNetwork>();
  const forget = (): void => {
    attachments = undefined;
    networks.clear();
    relayed.clear();
  };
  /** Only an address inside a dynamic range changes what the networks give to others. */
  const forgetRanges = ({ spec }: IpAddressObject): void => {
    const ranges = world.subnets.get(spec.subnet)?.spec.ranges.dynamic;
    if (ranges === undefined || !liesInRanges(spec.address, ranges)) return;
    networks.clear();
    relayed.clear();
  };
  world.addresses.onChange((change) => {
    if (change.type !== 'Modified') forgetRanges(change.object);
  });
  world.subnets.onChange(forget);
  world.vlans.onChange(forget);
  world.racks.onChange((change) => {
    if (change.object.metadata.name === deps.rackName) forget();
  });

  const self = (): Rack | undefined => world.racks.get(deps.rackName);
  const current = (): Attachment[] => {
    attachments ??= attach(
      deps.listInterfaces(),
      deps.interfaces,
      self()?.spec.interfaces ?? [],
      world.subnets.list(),
    );
    return attachments;
  };
  const surroundings: Surroundings = {
    takenOn: ({ metadata, spec }) =>
      world.addresses
        .byIndex('subnet', metadata.name)
        .map((object) => object.spec.address)
        .filter((address) => liesInRanges(address, spec.ranges.dynamic)),
    subnetsOf: (vlan) => world.subnets.list().filter(({ spec }) => spec.vlan === vlan),
  };
  const networkOf = (device: string): DhcpNetwork | undefined => {
    if (!networks.has(device)) {
      const attachment = current().find((entry) => entry.interface.name === device);
      const vlan = attachment?.vlan === undefined ? undefined : world.vlans.get(attachment.vlan);
      networks.set(
        device,
        attachment === undefined ? undefined : dhcpNetworkOf(attachment, vlan, surroundings),
      );
    }
    return networks.get(device);
  };

  /**
   * All of the VLAN behind a relay, the subnet of the relay's address first. The rack's address is the one of the
   * interface that the packet came in on.
   *
   * @param senders undefined: nobody relays, a client speaks for itself
   */
  function networkBehind(
    giaddr: string,
    device: string | undefined,
    senders: readonly string[] | undefined,
  ): DhcpNetwork | undefined {
    if (ipv4ToNumber(giaddr) === undefined) return undefined;
    const ip = parseIp(giaddr);
    const subnets = world.subnets
      .list()
      .filter(({ spec }) => spec.managed && !spec.cidr.includes(':'))
      .sort((a, b) => (isOlder(a.metadata, b.metadata) ? -1 : 1));
    const link = subnets.find(({ spec }) => cidrContains(parseCidr(spec.cidr), ip));
    const vlan =
      link === undefined ? vlanOfRelay(world.vlans.list(), giaddr) : world.vlans.get(link.spec.vlan);
    if (vlan === undefined || (senders !== undefined && !mayRelay(vlan, senders))) return undefined;
    const locals = current().filter((entry) => entry.subnets.some(({ address }) => !address.includes(':')));
    const local = locals.find((entry) => entry.interface.name === device) ?? locals[0];
    const address = local?.subnets.find((entry) => !entry.address.includes(':'))?.address;
    if (local === undefined || address === undefined) return undefined;
    const reached = subnets
      .filter((subnet) => subnet.spec.vlan === vlan.metadata.name)
      .sort((a, b) => Number(b === link) - Number(a === link))
      .map((subnet) => ({ subnet, address }));
    return dhcpNetworkOf({ ...local, vlan: vlan.metadata.name, subnets: reached }, vlan, surroundings);
  }

  return {
    attachments: () => {
      forget();
      return current();
    },
    backend: {
      networkOf,
      networkOfRelay(giaddr, device, senders) {
        const key = `${giaddr} ${device} ${senders}`;
        const known = relayed.get(key);
        if (known !== undefined) return known;
        const network = networkBehind(giaddr, device, senders);
        if (network === undefined) return undefined;
        if (relayed.size >= rememberedRelays) relayed.clear();
        relayed.set(key, network);
        return network;
      },
      known: (mac) =>
        world.machines.byIndex('mac', mac).length > 0 || world.addresses.byIndex('mac', mac).length > 0,
      reservation: (mac, network) => reservationFor(mac, network, world.addresses.byIndex('mac', mac)),
      machineOptions: (mac) => machineByMac(world, mac)?.spec.dhcpOptions,
      boot(client, subnet) {
        if (subnet.bootDisabled) return { kind: 'None' };
        const httpsPort = deps.httpsBootPort?.();
        return selectBootFile(client, {
          tftpServer: subnet.serverAddress,
          httpBase: `http://${subnet.serverAddress}:${deps.httpPort}`,
          ...(httpsPort === undefined ? {} : { httpsBase: `https://${subnet.serverAddress}:${httpsPort}` }),
          mac: client.mac,
          ...(deps.hasLoader === undefined ? {} : { has: deps.hasLoader }),
        });
      },
      seen: deps.seen,
    },
  };
}
