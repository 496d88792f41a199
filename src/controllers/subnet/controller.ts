import { mergeConditions } from '../../api/conditions.ts';
import { subnetsOverlap } from '../../api/subnet/ranges.ts';
import { type Subnet, subnetKind } from '../../api/subnet/schema.ts';
import { isOlder } from '../../domain/seniority.ts';
import type { Controller } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';
import { countAddresses, decideSubnet } from './decide.ts';
import { countDynamic } from './dynamic.ts';

const manager = 'metalwright-subnet';

/** Counts a subnet's addresses and says what is wrong with it. */
export function createSubnetController(deps: ControllerDeps): Controller {
  const { subnets, vlans, addresses, racks } = deps.informers;
  const fabricOf = (subnet: Subnet): string | undefined => vlans.get(subnet.spec.vlan)?.spec.fabric;

  /** Names of older subnets with some of the same addresses on the same switches. */
  function olderOverlapping(subnet: Subnet): string[] {
    const fabric = fabricOf(subnet);
    return subnets
      .list()
      .filter(
        (other) =>
          other.metadata.name !== subnet.metadata.name &&
          fabricOf(other) === fabric &&
          isOlder(other.metadata, subnet.metadata) &&
          subnetsOverlap(other, subnet),
      )
      .map(({ metadata }) => metadata.name)
      .sort();
  }

  /** Those whose verdict may change with this one's coming or going. */
  function* touchedBy(subnet: Subnet): Generator<string> {
    yield subnet.metadata.name;
    for (const other of subnets.list()) if (subnetsOverlap(other, subnet)) yield other.metadata.name;
  }

  return fencedController(
    deps,
    'subnet',
    async (name) => {
      const subnet = subnets.get(name);
      if (subnet === undefined) return undefined;
      const assigned = addresses.byIndex('subnet', name).map((address) => address.spec.address);
      const counts = countAddresses(subnet, assigned);
      const dynamic = countDynamic(subnet, racks.list());
      const decided = decideSubnet(subnet, {
        vlanExists: vlans.get(subnet.spec.vlan) !== undefined,
        overlapping: olderOverlapping(subnet),
        free: BigInt(counts.free),
      });
      const { generation } = subnet.metadata;
      const status = {
        observedGeneration: generation,
        addresses: counts,
        ...(dynamic === undefined ? {} : { dynamic }),
        conditions: mergeConditions(subnet.status?.conditions, decided, generation, deps.clock.now()),
      };
      await applyStatusIfChanged(
        deps.client,
        subnetKind,
        { current: subnet.status, object: { metadata: { name }, status } },
        manager,
      );
      return undefined;
    },
    (controller) => [
      watchInto(controller, subnets, touchedBy),
      // With its VLAN a subnet joins the others of a fabric: they look at it anew.
      watchInto(controller, vlans, (vlan) =>
        subnets.byIndex('vlan', vlan.metadata.name).flatMap((subnet) => [...touchedBy(subnet)]),
      ),
      watchInto(controller, addresses, (address) => [address.spec.subnet]),
      watchInto(controller, racks, ({ status }) => new Set(status?.slices?.map((slice) => slice.subnet))),
    ],
  );
}
