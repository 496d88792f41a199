import { type ConditionUpdate, mergeConditions, readiness } from '../../api/conditions.ts';
import { type Vlan, vlanKind } from '../../api/vlan/schema.ts';
import type { Controller } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';

const manager = 'metalwright-vlan';

/** What a VLAN's readiness depends on. */
export interface VlanObservation {
  fabricExists: boolean;
  /** Names of other, older VLANs in the fabric with the same id. */
  twins: readonly string[];
  racks: readonly string[];
}

export function decideVlan(vlan: Vlan, seen: VlanObservation): ConditionUpdate[] {
  const { fabric, vid, dhcp } = vlan.spec;
  if (!seen.fabricExists) {
    return readiness('Stalled', 'FabricNotFound', `spec.fabric: there is no Fabric ${fabric}: create it`);
  }
  const [twin] = seen.twins;
  if (twin !== undefined) {
    return readiness(
      'Stalled',
      'DuplicateVid',
      `spec.vid: VLAN ${twin} has id ${vid} in fabric ${fabric} already`,
    );
  }
  if (dhcp.enabled && seen.racks.length === 0) {
    return readiness(
      'Reconciling',
      'NoRack',
      'no rack has an interface on it: wire one, or name its interface in the Rack',
    );
  }
  return readiness(
    'Ready',
    'Served',
    seen.racks.length === 0 ? 'no DHCP' : `racks: ${seen.racks.join(', ')}`,
  );
}

/** Says which racks serve a VLAN, and what is wrong with it. */
export function createVlanController(deps: ControllerDeps): Controller {
  const { vlans, fabrics, subnets, racks } = deps.informers;
  const all = (): string[] => vlans.list().map((vlan) => vlan.metadata.name);
  return fencedController(
    deps,
    'vlan',
    async (name) => {
      const vlan = vlans.get(name);
      if (vlan === undefined) return undefined;
      const serving = racks
        .list()
        .filter((rack) =>
          rack.status?.interfaces?.some((nic) => nic.vlan === name && nic.subnets?.length !== 0),
        )
        .map((rack) => rack.metadata.name)
        .sort();
      const decided = decideVlan(vlan, {
        fabricExists: fabrics.get(vlan.spec.fabric) !== undefined,
        twins: vlans
          .byIndex('fabric', vlan.spec.fabric)
          .filter((other) => other.spec.vid === vlan.spec.vid && isOlder(other, vlan))
          .map((other) => other.metadata.name),
        racks: serving,
      });
      const { generation } = vlan.metadata;
      const status = {
        observedGeneration: generation,
        subnets: subnets.byIndex('vlan', name).length,
        racks: serving,
        conditions: mergeConditions(vlan.status?.conditions, decided, generation, deps.clock.now()),
      };
      await applyStatusIfChanged(
        deps.client,
        vlanKind,
        { current: vlan.status, object: { metadata: { name }, status } },
        manager,
      );
      return undefined;
    },
    (controller) => [
      watchInto(controller, vlans, (vlan) => [
        vlan.metadata.name,
        ...vlans.byIndex('fabric', vlan.spec.fabric).map((other) => other.metadata.name),
      ]),
      watchInto(controller, fabrics, all),
      watchInto(controller, subnets, (subnet) => [subnet.spec.vlan]),
      watchInto(controller, racks, all),
    ],
  );
}

/** Ties are broken by name, so that exactly one of two stands back. */
export function isOlder(a: Vlan, b: Vlan): boolean {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  return left === right ? a.metadata.name < b.metadata.name : left < right;
}
