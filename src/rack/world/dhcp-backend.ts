import type { Rack } from '../../api/rack/schema.ts';
import { ipv4ToNumber, parseIp } from '../../domain/net/address.ts';
import { cidrContains, parseCidr } from '../../domain/net/cidr.ts';
import { selectBootFile } from '../dhcp4/boot-file.ts';
import type { DhcpBackend, DhcpNetwork, DhcpSighting } from '../dhcp4/ports.ts';
import type { NetworkInterface } from '../net/interfaces.ts';
import { type Attachment, attach, dhcpNetworkOf } from './topology.ts';
import type { World } from './world.ts';

export interface DhcpBackendDeps {
  world: World;
  rackName: string;
  /** Names of the interfaces to serve; empty: all. */
  interfaces: readonly string[];
  listInterfaces(): NetworkInterface[];
  httpPort: number;
  seen(sighting: DhcpSighting): void;
}

/** The backend, and the attachments that it was made from. */
export interface RackNetworks {
  backend: DhcpBackend;
  attachments(): Attachment[];
}

/** Answers the DHCP server from the informers. Networks are worked out once after each change, not for each packet. */
export function createDhcpBackend(deps: DhcpBackendDeps): RackNetworks {
  const { world } = deps;
  let attachments: Attachment[] | undefined;
  const networks = new Map<string, DhcpNetwork | undefined>();
  const forget = (): void => {
    attachments = undefined;
    networks.clear();
  };
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
  const networkOf = (device: string): DhcpNetwork | undefined => {
    if (!networks.has(device)) {
      const attachment = current().find((entry) => entry.interface.name === device);
      networks.set(
        device,
        attachment?.vlan === undefined
          ? undefined
          : dhcpNetworkOf(attachment, world.vlans.get(attachment.vlan)),
      );
    }
    return networks.get(device);
  };

  return {
    attachments: () => {
      forget();
      return current();
    },
    backend: {
      networkOf,
      networkOfRelay(giaddr) {
        if (ipv4ToNumber(giaddr) === undefined) return undefined;
        const address = parseIp(giaddr);
        const subnet = world.subnets
          .list()
          .find((entry) => cidrContains(parseCidr(entry.spec.cidr), address));
        const vlan = subnet && world.vlans.get(subnet.spec.vlan);
        if (subnet === undefined || vlan === undefined) return undefined;
        const local = current().find((entry) => entry.subnets.length > 0);
        const server = local?.subnets.find((entry) => !entry.address.includes(':'))?.address;
        if (local === undefined || server === undefined) return undefined;
        return dhcpNetworkOf(
          { ...local, vlan: vlan.metadata.name, subnets: [{ subnet, address: server }] },
          vlan,
        );
      },
      reservation(mac, network) {
        const names = network.subnets.map((subnet) => subnet.name);
        const found = world.addresses
          .byIndex('mac', mac)
          .find((entry) => names.includes(entry.spec.subnet) && !entry.spec.address.includes(':'));
        if (found === undefined) return undefined;
        const { address, subnet, hostname } = found.spec;
        return { mac, address, subnet, ...(hostname === undefined ? {} : { hostname }) };
      },
      boot(client, subnet) {
        if (subnet.bootDisabled) return { kind: 'None' };
        return selectBootFile(client, {
          tftpServer: subnet.serverAddress,
          httpBase: `http://${subnet.serverAddress}:${deps.httpPort}`,
          mac: client.mac,
        });
      },
      seen: deps.seen,
    },
  };
}
