import { randomUUID } from 'node:crypto';
import type { Subnet } from '../../api/subnet/schema.ts';
import { dhcpModeOf } from '../../api/vlan/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import { ipv4ToNumber } from '../../domain/net/address.ts';
import { cidrRange, parseCidr } from '../../domain/net/cidr.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { SliceMemory } from '../dhcp4/leases/store.ts';
import type { Attachment } from '../world/topology.ts';
import type { World } from '../world/world.ts';
import { bootId, kernelTimers } from './kernel-clock.ts';
import { createSliceManager, type SlicedSubnet, type SliceManager, type SliceTerm } from './slice-manager.ts';

/** What `createRackSlices` is made of. */
export interface RackSlicesDeps {
  client: Pick<KubeClient, 'list' | 'watch' | 'get' | 'create' | 'update'>;
  world: Pick<World, 'subnets' | 'vlans' | 'racks'>;
  namespace: string;
  rackName: string;
  memory: SliceMemory;
  attachments(): readonly Attachment[];
  isAlive(rack: string): boolean;
  term: SliceTerm;
  clock: Clock;
  log: Logger;
  timers?: Timers | undefined;
}

/** Between two looks at the interfaces. */
const attachedForMs = 5_000;

/** The slices of the subnets that this rack serves, as the cluster describes them. */
export function createRackSlices(deps: RackSlicesDeps): SliceManager {
  const { client, world, namespace, rackName, memory, term, clock, log, timers = kernelTimers } = deps;
  let attached: { at: number; subnets: string[] } | undefined;

  function local(): string[] {
    const at = timers.monotonic();
    if (attached === undefined || at - attached.at > attachedForMs) {
      const subnets = deps
        .attachments()
        .flatMap((entry) => entry.subnets.map(({ subnet }) => subnet.metadata.name));
      attached = { at, subnets };
    }
    return attached.subnets;
  }

  function racks(subnet: string): string[] {
    const others = world.racks
      .list()
      .filter(({ metadata, status }) => {
        if (metadata.name === rackName || !deps.isAlive(metadata.name)) return false;
        const wired = status?.interfaces?.some(({ subnets }) => subnets?.includes(subnet)) ?? false;
        return wired || (status?.slices?.some((slice) => slice.subnet === subnet) ?? false);
      })
      .map(({ metadata }) => metadata.name);
    return [rackName, ...others];
  }

  return createSliceManager({
    client,
    namespace,
    rackName,
    memory,
    local,
    describe: (name) => {
      const subnet = world.subnets.get(name);
      const vlan = subnet && world.vlans.get(subnet.spec.vlan);
      if (subnet === undefined || vlan === undefined || dhcpModeOf(vlan.spec) !== 'Server') {
        return undefined;
      }
      return slicedSubnet(subnet);
    },
    racks,
    term,
    wall: clock,
    timers,
    boot: bootId(),
    newId: () => randomUUID(),
    log,
  });
}

/** Undefined for a subnet that has no dynamic addresses of IPv4 to give. */
export function slicedSubnet({ metadata, spec }: Subnet): SlicedSubnet | undefined {
  if (!spec.managed || spec.cidr.includes(':')) return undefined;
  const { first, last } = cidrRange(parseCidr(spec.cidr));
  const ranges = spec.ranges.dynamic.flatMap((range) => {
    const [start, end] = [ipv4ToNumber(range.start), ipv4ToNumber(range.end)];
    return start === undefined || end === undefined ? [] : [{ start, end }];
  });
  return {
    name: metadata.name,
    vlan: spec.vlan,
    bounds: { start: Number(first), end: Number(last) },
    ranges,
    leaseSeconds: spec.leaseSeconds,
  };
}
