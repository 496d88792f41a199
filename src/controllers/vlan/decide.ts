import { type ConditionUpdate, findCondition, readiness } from '../../api/conditions.ts';
import type { Rack } from '../../api/rack/schema.ts';
import type { Vlan } from '../../api/vlan/schema.ts';

/** What a VLAN's readiness depends on. */
export interface VlanObservation {
  fabricExists: boolean;
  /** Names of other, older VLANs in the fabric with the same id. */
  twins: readonly string[];
  /** Racks on it that are heard. */
  racks: readonly string[];
  /** Racks on it that are not. */
  silentRacks: readonly string[];
}

/** Whether a rack has an interface on the VLAN with an address in one of its subnets. */
export function servesVlan({ status }: Rack, vlan: string): boolean {
  return status?.interfaces?.some((nic) => nic.vlan === vlan && nic.subnets?.length !== 0) ?? false;
}

/** Whether the rack has been declared silent. */
export function isSilent({ status }: Rack): boolean {
  return findCondition(status?.conditions, 'Ready')?.reason === 'RackSilent';
}

/** What holds of a VLAN: the first thing that is wrong, or who serves it. */
export function decideVlan(vlan: Vlan, seen: VlanObservation): ConditionUpdate[] {
  const { fabric, vid, dhcp } = vlan.spec;
  if (!seen.fabricExists) {
    return readiness('Stalled', 'FabricNotFound', `spec.fabric: there is no Fabric ${fabric}: create it`);
  }
  const [twin] = seen.twins;
  if (twin !== undefined) {
    const message = `spec.vid: VLAN ${twin} has id ${vid} in fabric ${fabric} already`;
    return readiness('Stalled', 'DuplicateVid', message);
  }
  if (!dhcp.enabled) return readiness('Ready', 'Served', 'no DHCP');
  if (seen.racks.length > 0) return readiness('Ready', 'Served', `racks: ${seen.racks.join(', ')}`);
  if (seen.silentRacks.length > 0) {
    const message = `nothing is heard of ${seen.silentRacks.join(', ')}: look at their pods and nodes`;
    return readiness('Stalled', 'RackSilent', message);
  }
  const message = 'no rack has an interface on it: wire one, or name its interface in the Rack';
  return readiness('Reconciling', 'NoRack', message);
}
