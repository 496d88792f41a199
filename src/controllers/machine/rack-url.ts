import { findCondition } from '../../api/conditions.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { Rack } from '../../api/rack/schema.ts';

/**
 * HTTP address of the rack that an installed OS shall phone home to: one on the VLAN that the machine was last seen on, the
 * one that saw it before others; else the first by name. One that is not Ready only if there is no other. undefined: no rack has an address.
 */
export function rackUrlFor(machine: Machine, racks: readonly Rack[]): string | undefined {
  const { rack: seenBy, vlan } = machine.status?.bootProgress ?? {};
  const rank = ({ metadata, status }: Rack): number => {
    const late = findCondition(status?.conditions, 'Ready')?.status === 'False' ? 3 : 0;
    if (metadata.name === seenBy) return late;
    return late + (vlan !== undefined && status?.interfaces?.some((port) => port.vlan === vlan) ? 1 : 2);
  };
  const [best] = racks
    .filter(
      ({ metadata, status }) => status?.httpUrl !== undefined && metadata.deletionTimestamp === undefined,
    )
    .sort((a, b) => rank(a) - rank(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
  return best?.status?.httpUrl;
}
