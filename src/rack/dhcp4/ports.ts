import type { Clock } from '../../domain/clock.ts';
import type { StaticRoute } from '../../domain/dhcp/classless-routes.ts';
import type { DhcpOptionSetting } from '../../domain/dhcp/option-setting.ts';
import type { Logger } from '../../log/logger.ts';
import type { Dhcp4Meter } from '../../metrics/rack-meters.ts';
import type { listInterfaces } from '../net/interfaces.ts';
import type { SocketFactory } from '../net/sockets.ts';
import type { LeaseStore } from './leases/store.ts';
import type { PingCheck } from './ping-check.ts';
import type { Tenure } from './tenure.ts';

/** One broadcast domain as seen by the interface (or relay) that a packet came in on. */
export interface DhcpNetwork {
  /** Name of the VLAN. */
  vlan: string;
  /** `Proxy`: another server gives the addresses, this one boot files alone. Default `Server`. */
  mode?: 'Server' | 'Proxy';
  subnets: DhcpSubnet[];
  /** Other networks on the same wire, as CIDRs: their clients are somebody else's, and are never refused. */
  elsewhere?: readonly string[];
}

/** What the server hands out on one subnet. Addresses are dotted quads. */
export interface DhcpSubnet {
  name: string;
  cidr: string;
  gateway?: string;
  dnsServers: string[];
  ntpServers: string[];
  domainName?: string;
  searchDomains?: readonly string[];
  /** Beside the default route. */
  staticRoutes?: readonly StaticRoute[];
  mtu?: number;
  /** Inclusive ranges for clients without a reservation. */
  dynamicRanges: DhcpRange[];
  /** Addresses inside the ranges that are somebody's own: no other client gets them. */
  taken?: readonly string[];
  /** What a person set for all of the subnet. */
  options?: readonly DhcpOptionSetting[];
  leaseSeconds: number;
  /** The rack's own address on this subnet: server identifier (option 54) and siaddr. */
  serverAddress: string;
  /** No boot file for anybody on this subnet. */
  bootDisabled: boolean;
}

/** Inclusive; dotted quads. */
export interface DhcpRange {
  start: string;
  end: string;
  /** What a person set for clients with an address of it. */
  options?: readonly DhcpOptionSetting[];
}

/** A known client's address: it is served from the same answer by every rack and needs no lease record. */
export interface DhcpReservation {
  mac: string;
  address: string;
  hostname?: string;
  /** Name of the subnet that the address belongs to. */
  subnet: string;
  /** What a person set for this address. The same list each time, until it is changed: it is encoded once. */
  options?: readonly DhcpOptionSetting[];
}

/** What a booting client is told to load. `file` is a TFTP name, `nextServer` a dotted quad. */
export type BootAnswer =
  | { kind: 'File'; file: string; nextServer: string }
  | { kind: 'HttpUri'; uri: string }
  | { kind: 'None' };

/** What a client says of itself that decides its boot file. */
export interface BootClient {
  mac: string;
  /** Option 93, the first type. */
  architecture: number | undefined;
  /** Option 77. */
  userClass: string | undefined;
  /** Option 60. */
  vendorClass: string | undefined;
  /** Option 97 as a lower-case UUID, in the order that `dmidecode` prints. */
  uuid: string | undefined;
}

/** One client seen, after the offer (`Discover`) or the acknowledgement (`Ack`) was sent. */
export interface DhcpSighting {
  mac: string;
  device: string;
  vlan: string;
  subnet: string;
  address: string;
  architecture: number | undefined;
  stage: 'Discover' | 'Ack';
  client: 'PXE' | 'iPXE' | 'HTTPClient' | 'OS';
  /** Another server gave the address, and the client itself said so: that it has it is still to be found out. */
  overheard?: boolean;
}

/**
 * The world as the DHCP server sees it. All methods are synchronous: they answer from memory, and are called for every
 * packet. MAC addresses are lower-case and colon-separated.
 */
export interface DhcpBackend {
  /** By receiving interface. */
  networkOf(device: string): DhcpNetwork | undefined;
  /**
   * By the relay's address, or the link-selection address that the relay gave (RFC 3527).
   *
   * @param device where the packet came in: the rack's address there is the server's
   * @param senders the relay's own addresses, for VLANs that only named relays may serve: the giaddr and where the packet
   *   came from. Undefined for a client that speaks past its relay.
   */
  networkOfRelay(giaddr: string, device?: string, senders?: readonly string[]): DhcpNetwork | undefined;
  reservation(mac: string, network: DhcpNetwork): DhcpReservation | undefined;
  /** Whether it is a machine's, or an address is reserved for it: it is answered before strangers. Default: nobody is known. */
  known?(mac: string): boolean;
  /** What a person set for the machine with this MAC address; the same list each time, until it is changed. */
  machineOptions?(mac: string): readonly DhcpOptionSetting[] | undefined;
  /** What a network-booting client gets; `None` when it must not boot from the network. Not asked for other clients. */
  boot(client: BootClient, subnet: DhcpSubnet): BootAnswer;
  /** Told of every offer and acknowledgement, so that boot tokens and progress can use it. */
  seen(sighting: DhcpSighting): void;
}

/** What `createDhcp4Server` is made of. */
export interface Dhcp4ServerDeps {
  backend: DhcpBackend;
  sockets: SocketFactory;
  leases: LeaseStore;
  /** What leases end by: that of the store. */
  clock: Clock;
  log: Logger;
  /** Which dynamic addresses are this rack's to give. Default: all. */
  tenure?: Tenure | undefined;
  /** Asked before an address is offered to a client that never had it. Default: nobody is asked. */
  ping?: PingCheck | undefined;
  /** Whether UDP 4011 is served on an interface. Default: nowhere. */
  bootServer?: { serves(device: string): boolean } | undefined;
  /** Counts what comes and goes. */
  meter?: Dhcp4Meter | undefined;
  /** The machine's interfaces; for tests. */
  interfaces?: typeof listInterfaces;
  /** UDP ports, for tests that cannot have the real ones. Default 67 and 68. */
  ports?: { server: number; client: number };
}

/** A DHCPv4 server on any number of interfaces. */
export interface Dhcp4Server {
  /** Serves one more interface. Rejects with `PortInUse` or `NoSuchDevice` and leaves the others as they are. */
  listen(device: string): Promise<void>;
  /** Stops serving one interface. Nothing happens when it was not served. */
  unlisten(device: string): Promise<void>;
  close(): Promise<void>;
}
