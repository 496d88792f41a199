import { mergeConditions, readiness } from '../../api/conditions.ts';
import { fabricKind } from '../../api/fabric/schema.ts';
import type { Controller } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';

const manager = 'metalwright-fabric';

/** Counts a fabric's VLANs. */
export function createFabricController(deps: ControllerDeps): Controller {
  const { fabrics, vlans } = deps.informers;
  return fencedController(
    deps,
    'fabric',
    async (name) => {
      const fabric = fabrics.get(name);
      if (fabric === undefined) return undefined;
      const members = vlans.byIndex('fabric', name).length;
      const { generation } = fabric.metadata;
      const conditions = mergeConditions(
        fabric.status?.conditions,
        readiness('Ready', 'Accepted', members === 0 ? 'has no VLAN yet' : `VLANs: ${members}`),
        generation,
        deps.clock.now(),
      );
      const status = { observedGeneration: generation, vlans: members, conditions };
      await applyStatusIfChanged(
        deps.client,
        fabricKind,
        { current: fabric.status, object: { metadata: { name }, status } },
        manager,
      );
      return undefined;
    },
    (controller) => [
      watchInto(controller, fabrics),
      watchInto(controller, vlans, (vlan) => [vlan.spec.fabric]),
    ],
  );
}
