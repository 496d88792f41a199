import { apiVersion } from '../../api/meta.ts';
import type { Rack } from '../../api/rack/schema.ts';
import { dhcpModeOf, type Vlan, type VlanStatus, vlanKind } from '../../api/vlan/schema.ts';
import type { EventRecorder } from '../../kube/events.ts';

/** A DHCP server on a VLAN that is no rack. */
export type ForeignServer = NonNullable<VlanStatus['foreignServers']>[number];

/** As many as a status names. */
const most = 64;

/** What the racks hear on a VLAN, by address. Of several racks that hear a server, the one that did so last. */
export function foreignServersOf(racks: readonly Rack[], vlan: string): ForeignServer[] {
  const found = new Map<string, ForeignServer>();
  const sorted = racks.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const { metadata, status } of sorted) {
    for (const { address, mac, lastSeen, vlan: heardOn } of status?.foreignDhcpServers ?? []) {
      const before = found.get(address);
      if (heardOn !== vlan || (before !== undefined && before.lastSeen >= lastSeen)) continue;
      const known = mac ?? before?.mac;
      found.set(address, {
        address,
        ...(known === undefined ? {} : { mac: known }),
        rack: metadata.name,
        lastSeen,
      });
    }
  }
  return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : 1)).slice(0, most);
}

/** Tells of servers that came where none should be, and of those that went. */
export function tellChanges(
  vlan: Vlan,
  now: readonly ForeignServer[],
  events: Pick<EventRecorder, 'event'>,
): void {
  const before = vlan.status?.foreignServers ?? [];
  const { name, uid } = vlan.metadata;
  const about = { apiVersion, kind: vlanKind.kind, name, uid };
  for (const { address, mac, rack } of now) {
    if (dhcpModeOf(vlan.spec) !== 'Server' || before.some((known) => known.address === address)) continue;
    const where = mac === undefined ? address : `${address} (${mac})`;
    const message = `${where} answers DHCP on this VLAN and is no rack; heard by ${rack}`;
    events.event(about, 'Warning', 'ForeignDHCPServer', message);
  }
  for (const { address } of before) {
    if (now.some((known) => known.address === address)) continue;
    events.event(about, 'Normal', 'ForeignDHCPServerGone', `${address} is not heard any more`);
  }
}
