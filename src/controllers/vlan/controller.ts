import { mergeConditions } from '../../api/conditions.ts';
import { type Vlan, vlanKind } from '../../api/vlan/schema.ts';
import { isOlder } from '../../domain/seniority.ts';
import type { Controller } from '../../kube/controller.ts';
import { vlanTag } from '../shared/informers.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';
import { decideVlan, isSilent, servesVlan } from './decide.ts';
import { foreignServersOf, tellChanges } from './foreign-servers.ts';

const manager = 'metalwright-vlan';
/** As many racks as a status names. */
const mostRacks = 256;

/** Says which racks serve a VLAN, and what is wrong with it. */
export function createVlanController(deps: ControllerDeps): Controller {
  const { vlans, fabrics, subnets, racks } = deps.informers;

  function observe(vlan: Vlan) {
    const { name } = vlan.metadata;
    const serving = racks.list().filter((rack) => servesVlan(rack, name));
    const namesOf = (found: typeof serving): string[] => found.map(({ metadata }) => metadata.name).sort();
    const twins = vlans
      .byIndex('tag', vlanTag(vlan.spec))
      .filter((other) => isOlder(other.metadata, vlan.metadata));
    return {
      fabricExists: fabrics.get(vlan.spec.fabric) !== undefined,
      twins: twins.map(({ metadata }) => metadata.name).sort(),
      racks: namesOf(serving.filter((rack) => !isSilent(rack))),
      silentRacks: namesOf(serving.filter(isSilent)),
      foreign: foreignServersOf(
        racks.list().filter((rack) => !isSilent(rack)),
        name,
      ),
    };
  }

  return fencedController(
    deps,
    'vlan',
    async (name) => {
      const vlan = vlans.get(name);
      if (vlan === undefined) return undefined;
      const seen = observe(vlan);
      const { generation } = vlan.metadata;
      const status = {
        observedGeneration: generation,
        subnets: subnets.byIndex('vlan', name).length,
        racks: [...seen.racks, ...seen.silentRacks].sort().slice(0, mostRacks),
        foreignServers: seen.foreign,
        conditions: mergeConditions(
          vlan.status?.conditions,
          decideVlan(vlan, seen),
          generation,
          deps.clock.now(),
        ),
      };
      const written = await applyStatusIfChanged(
        deps.client,
        vlanKind,
        { current: vlan.status, object: { metadata: { name }, status } },
        manager,
      );
      if (written) tellChanges(vlan, seen.foreign, deps.events);
      return undefined;
    },
    (controller) => [
      watchInto(controller, vlans, (vlan) => [
        vlan.metadata.name,
        ...vlans.byIndex('tag', vlanTag(vlan.spec)).map(({ metadata }) => metadata.name),
      ]),
      watchInto(controller, fabrics, ({ metadata }) =>
        vlans.byIndex('fabric', metadata.name).map((vlan) => vlan.metadata.name),
      ),
      watchInto(controller, subnets, (subnet) => [subnet.spec.vlan]),
      watchInto(controller, racks, ({ status }) => [
        ...(status?.interfaces?.flatMap(({ vlan }) => vlan ?? []) ?? []),
        ...(status?.foreignDhcpServers?.map(({ vlan }) => vlan) ?? []),
      ]),
    ],
  );
}
