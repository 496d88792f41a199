import { mergeConditions } from '../../api/conditions.ts';
import type { RackService, RackStatus } from '../../api/rack/schema.ts';
import { ipv4FromNumber } from '../../domain/net/address.ts';
import type { SliceStatus } from '../slices/held-slices.ts';
import type { Attachment } from '../world/topology.ts';
import { rackConditions } from './conditions.ts';

/** What became of one service of this rack. */
export interface ServiceState {
  name: RackService;
  state: 'Running' | 'Disabled' | 'Failed';
  /** Why it failed, CamelCase: `PortInUse`. */
  reason?: string | undefined;
  message?: string | undefined;
}

/** What the rack keeps on its disk. */
export interface StorageState {
  /** Why leases cannot be written; undefined: they can. */
  leases: string | undefined;
  /** Of the snapshot of the world: why it cannot be written. */
  snapshot: string | undefined;
  /** Where a snapshot that was found damaged lies now. */
  damagedSnapshot: string | undefined;
  snapshotWritten: boolean;
}

export interface SelfObservation {
  generation: number | undefined;
  version: string;
  httpUrl: string | undefined;
  attachments: readonly Attachment[];
  services: readonly ServiceState[];
  /** Undefined: it keeps nothing. */
  storage?: StorageState | undefined;
  /** What became of the admin endpoint; undefined: it is switched off. */
  admin?: { problem: string | undefined; url?: string | undefined } | undefined;
  leases: number;
  slices?: readonly SliceStatus[] | undefined;
  foreignDhcpServers?: readonly ForeignDhcpServer[];
}

/** A DHCP server on a network of this rack that is no rack. */
export interface ForeignDhcpServer {
  device: string;
  vlan: string;
  address: string;
  mac: string | undefined;
  /** Milliseconds since the epoch. */
  lastSeen: number;
}

/** Limits of the schema: a node with a thousand containers must not make its rack's status unacceptable. */
const limits = {
  interfaces: 256,
  addresses: 32,
  subnets: 32,
  message: 1024,
  foreignServers: 64,
  slices: 1024,
} as const;

/** Whether people need to see the interface: it is on a VLAN, or somebody gave it an address. Those of containers are neither. */
function isTelling({ vlan, interface: { addresses } }: Attachment): boolean {
  return vlan !== undefined || addresses.some(({ address }) => !/^fe[89ab]/i.test(address));
}

/** Those on which it has an address of a subnet: the others it only touches. */
function vlansOf(attachments: readonly Attachment[]): string[] {
  const served = attachments.flatMap(({ vlan, subnets }) =>
    vlan === undefined || subnets.length === 0 ? [] : [vlan],
  );
  return [...new Set(served)].sort().slice(0, limits.interfaces);
}

/** The rack's own status, but for the time it was last seen. */
export function describeSelf(
  seen: SelfObservation,
  before: RackStatus | undefined,
  now: number,
): Omit<RackStatus, 'lastSeen'> {
  const shown = seen.attachments
    .filter(isTelling)
    .sort((a, b) => Number(b.vlan !== undefined) - Number(a.vlan !== undefined))
    .slice(0, limits.interfaces);
  return {
    ...(seen.generation === undefined ? {} : { observedGeneration: seen.generation }),
    version: seen.version,
    ...(seen.httpUrl === undefined ? {} : { httpUrl: seen.httpUrl }),
    ...(seen.admin?.url === undefined ? {} : { adminUrl: seen.admin.url }),
    interfaces: shown.map(({ interface: nic, vlan, subnets }) => ({
      name: nic.name,
      mac: nic.mac,
      addresses: nic.addresses.slice(0, limits.addresses).map((entry) => entry.cidr),
      ...(vlan === undefined ? {} : { vlan }),
      subnets: subnets.slice(0, limits.subnets).map(({ subnet }) => subnet.metadata.name),
    })),
    vlans: vlansOf(seen.attachments),
    services: seen.services.map(({ name, state, message }) => ({
      name,
      state,
      ...(message === undefined ? {} : { message: message.slice(0, limits.message) }),
    })),
    leases: seen.leases,
    ...(seen.slices === undefined
      ? {}
      : {
          slices: seen.slices.slice(0, limits.slices).map(({ subnet, start, end, state, held }) => ({
            subnet,
            start: ipv4FromNumber(start),
            end: ipv4FromNumber(end),
            state,
            leases: held,
          })),
        }),
    foreignDhcpServers: (seen.foreignDhcpServers ?? [])
      .slice(0, limits.foreignServers)
      .map(({ device, vlan, address, mac, lastSeen }) => ({
        ...{ interface: device, vlan, address },
        ...(mac === undefined ? {} : { mac }),
        lastSeen: `${new Date(lastSeen).toISOString().slice(0, 19)}Z`,
      })),
    conditions: mergeConditions(before?.conditions, rackConditions(seen), seen.generation, now),
  };
}
