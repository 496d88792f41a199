import { mergeConditions } from '../../api/conditions.ts';
import { type Subnet, subnetKind } from '../../api/subnet/schema.ts';
import { cidrRange, parseCidr } from '../../domain/net/cidr.ts';
import { rangesOverlap } from '../../domain/net/range.ts';
import type { Controller } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';
import { countAddresses, decideSubnet } from './decide.ts';

const manager = 'metalwright-subnet';

/** Counts a subnet's addresses and says what is wrong with it. */
export function createSubnetController(deps: ControllerDeps): Controller {
  const { subnets, vlans, addresses } = deps.informers;
  const fabricOf = (subnet: Subnet): string | undefined => vlans.get(subnet.spec.vlan)?.spec.fabric;
  const overlaps = (a: Subnet, b: Subnet): boolean =>
    rangesOverlap(cidrRange(parseCidr(a.spec.cidr)), cidrRange(parseCidr(b.spec.cidr)));
  const age = (subnet: Subnet): string =>
    `${subnet.metadata.creationTimestamp ?? ''} ${subnet.metadata.name}`;

  return fencedController(
    deps,
    'subnet',
    async (name) => {
      const subnet = subnets.get(name);
      if (subnet === undefined) return undefined;
      const assigned = addresses.byIndex('subnet', name).map((address) => address.spec.address);
      const decided = decideSubnet(subnet, {
        vlanExists: vlans.get(subnet.spec.vlan) !== undefined,
        overlapping: subnets
          .list()
          .filter(
            (other) =>
              other !== subnet &&
              age(other) < age(subnet) &&
              fabricOf(other) === fabricOf(subnet) &&
              overlaps(other, subnet),
          )
          .map((other) => other.metadata.name),
        assigned,
      });
      const { generation } = subnet.metadata;
      const status = {
        observedGeneration: generation,
        addresses: countAddresses(subnet, assigned),
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
      watchInto(controller, subnets, () => subnets.list().map((subnet) => subnet.metadata.name)),
      watchInto(controller, vlans, (vlan) =>
        subnets.byIndex('vlan', vlan.metadata.name).map((subnet) => subnet.metadata.name),
      ),
      watchInto(controller, addresses, (address) => [address.spec.subnet]),
    ],
  );
}
