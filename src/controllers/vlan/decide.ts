import { type ConditionUpdate, findCondition, readiness } from '../../api/conditions.ts';
import type { Rack } from '../../api/rack/schema.ts';
import { dhcpModeOf, type Vlan } from '../../api/vlan/schema.ts';
import type { ForeignServer } from './foreign-servers.ts';

/** What a VLAN's readiness depends on. */
export interface VlanObservation {
  fabricExists: boolean;
  /** Names of other, older VLANs in the fabric with the same id. */
  twins: readonly string[];
  /** Racks on it that are heard. */
  racks: readonly string[];
  /** Racks on it that are not. */
  silentRacks: readonly string[];
  /** DHCP servers on it that are no racks. */
  foreign: readonly ForeignServer[];
}

/** Whether a rack has an interface on the VLAN with an address in one of its subnets. */
export function servesVlan({ status }: Rack, vlan: string): boolean {
  return status?.interfaces?.some((nic) => nic.vlan === vlan && nic.subnets?.length !== 0) ?? false;
}

/** Whether the rack has been declared silent. */
export function isSilent({ status }: Rack): boolean {
  return findCondition(status?.conditions, 'Ready')?.reason === 'RackSilent';
}

/** What holds of a VLAN. */
export function decideVlan(vlan: Vlan, seen: VlanObservation): ConditionUpdate[] {
  return [...readinessOf(vlan, seen), foreignDhcp(vlan, seen)];
}

/** The first thing that is wrong, or who serves it. */
function readinessOf(vlan: Vlan, seen: VlanObservation): ConditionUpdate[] {
  const { fabric, vid, dhcp } = vlan.spec;
  if (!seen.fabricExists) {
    return readiness('Stalled', 'FabricNotFound', `spec.fabric: there is no Fabric ${fabric}: create it`);
  }
  const [twin] = seen.twins;
  if (twin !== undefined) {
    const message = `spec.vid: VLAN ${twin} has id ${vid} in fabric ${fabric} already`;
    return readiness('Stalled', 'DuplicateVid', message);
  }
  if (dhcpModeOf(vlan.spec) === 'None') return readiness('Ready', 'Served', 'no DHCP');
  if (seen.racks.length > 0) return readiness('Ready', 'Served', `racks: ${seen.racks.join(', ')}`);
  if (seen.silentRacks.length > 0) {
    const message = `nothing is heard of ${seen.silentRacks.join(', ')}: look at their pods and nodes`;
    return readiness('Stalled', 'RackSilent', message);
  }
  if (dhcp.relayFrom.length > 0) {
    return readiness('Ready', 'Served', `through the relays ${dhcp.relayFrom.join(', ')}`);
  }
  const message =
    'no rack has an interface on it: wire one, name its interface in the Rack, or name the relays in spec.dhcp.relayFrom';
  return readiness('Reconciling', 'NoRack', message);
}

/**
 * Whether another DHCP server speaks on the VLAN, where none should. In mode Proxy another one gives the addresses; in mode
 * None it is nobody's business.
 */
function foreignDhcp(vlan: Vlan, { foreign, racks }: VlanObservation): ConditionUpdate {
  const type = 'ForeignDHCP';
  const names = foreign.map(({ address, mac }) => (mac === undefined ? address : `${address} (${mac})`));
  const mode = dhcpModeOf(vlan.spec);
  if (mode === 'Server' && foreign.length > 0) {
    const message = `${names.join(', ')} also answers DHCP on it: switch it off, or set spec.dhcp.mode to Proxy`;
    return { type, status: 'True', reason: 'ServerSeen', message: message.slice(0, 4096) };
  }
  const not = { type, status: 'False' as const };
  if (foreign.length > 0) {
    return { ...not, reason: 'Expected', message: `mode ${mode}, addresses come from ${names.join(', ')}` };
  }
  if (mode !== 'Proxy') return { ...not, reason: 'NoneSeen', message: 'no DHCP server but the racks' };
  const message =
    racks.length === 0
      ? 'no rack listens on it'
      : 'mode Proxy, and no DHCP server is heard that would give addresses: start one, or set spec.dhcp.mode to Server';
  return { ...not, reason: 'NoneSeen', message };
}
