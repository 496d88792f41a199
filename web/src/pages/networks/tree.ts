import type { Subnet } from '../../../../src/api/subnet/schema.ts';
import type { Vlan } from '../../../../src/api/vlan/schema.ts';

/** A VLAN with the subnets that it carries. */
export interface VlanBranch {
  name: string;
  /** Undefined: its subnets name a VLAN that there is not, or that the user may not see. */
  vlan: Vlan | undefined;
  subnets: Subnet[];
}

/** A fabric with its VLANs. */
export interface FabricBranch {
  name: string;
  description: string | undefined;
  /** False: its VLANs name a fabric that there is not. */
  exists: boolean;
  vlans: VlanBranch[];
}

interface Named {
  metadata: { name: string };
}

/**
 * Fabrics by name, their VLANs by id, and the subnets of those by name. What names something that there is not is kept, under that
 * name: nothing is lost from sight.
 */
export function treeOf(
  fabrics: readonly (Named & { spec: { description?: string | undefined } })[],
  vlans: readonly Vlan[],
  subnets: readonly Subnet[],
): FabricBranch[] {
  const carried = Map.groupBy(subnets, ({ spec }) => spec.vlan);
  const known = vlans.map((vlan): VlanBranch & { fabric: string } => {
    const { name } = vlan.metadata;
    return { name, vlan, fabric: vlan.spec.fabric, subnets: byName(carried.get(name) ?? []) };
  });
  const names = new Set(vlans.map(({ metadata }) => metadata.name));
  const lost = [...carried]
    .filter(([name]) => !names.has(name))
    .map(([name, of]) => ({ name, vlan: undefined, fabric: '', subnets: byName(of) }));
  const byFabric = Map.groupBy([...known, ...lost], ({ fabric }) => fabric);
  const descriptions = new Map(fabrics.map(({ metadata, spec }) => [metadata.name, spec.description]));
  return [...new Set([...descriptions.keys(), ...byFabric.keys()])].sort().map((name) => ({
    name,
    description: descriptions.get(name),
    exists: descriptions.has(name),
    vlans: (byFabric.get(name) ?? [])
      .map(({ fabric: _fabric, ...branch }) => branch)
      .sort((a, b) => (a.vlan?.spec.vid ?? 4096) - (b.vlan?.spec.vid ?? 4096) || (a.name < b.name ? -1 : 1)),
  }));
}

function byName<T extends Named>(objects: readonly T[]): T[] {
  return objects.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
