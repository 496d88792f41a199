import type { Machine } from '../../api/machine/schema.ts';
import type { Rack } from '../../api/rack/schema.ts';

/**
 * HTTP address of the rack that an installed OS shall phone home to: one on the VLAN that the machine was last seen on, the
 * one that saw it before others; else the first by name. undefined: no rack has an address.
 */
export function rackUrlFor(machine: Machine, racks: readonly Rack[]): string | undefined {
  const { rack: seenBy, vlan } = machine.status?.bootProgress ?? {};
  const rank = ({ metadata, status }: Rack): number => {
    if (metadata.name === seenBy) return 0;
    return vlan !== undefined && status?.interfaces?.some((port) => port.vlan === vlan) === true ? 1 : 2;
  };
  const [best] = racks
    .filter(
      ({ metadata, status }) => status?.httpUrl !== undefined && metadata.deletionTimestamp === undefined,
    )
    .sort((a, b) => rank(a) - rank(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
  return best?.status?.httpUrl;
}
