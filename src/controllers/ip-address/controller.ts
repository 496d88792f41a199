import { mergeConditions } from '../../api/conditions.ts';
import { type IpAddressObject, ipAddressKind } from '../../api/ip-address/schema.ts';
import type { Controller } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';
import { decideIpAddress } from './decide.ts';

const manager = 'metalwright-ip-address';

/** Says whether a reserved address makes sense where it is. */
export function createIpAddressController(deps: ControllerDeps): Controller {
  const { addresses, subnets } = deps.informers;
  const age = ({ metadata }: IpAddressObject): string =>
    `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  const onSubnet = (subnet: string): string[] =>
    addresses.byIndex('subnet', subnet).map((address) => address.metadata.name);
  return fencedController(
    deps,
    'ip-address',
    async (name) => {
      const address = addresses.get(name);
      if (address === undefined) return undefined;
      const { mac, subnet } = address.spec;
      const sameMac = addresses
        .byIndex('subnet', subnet)
        .filter((other) => mac !== undefined && other.spec.mac === mac && age(other) < age(address))
        .map((other) => other.metadata.name);
      const { generation } = address.metadata;
      const decided = decideIpAddress(address, subnets.get(subnet), sameMac);
      const status = {
        observedGeneration: generation,
        conditions: mergeConditions(address.status?.conditions, decided, generation, deps.clock.now()),
      };
      await applyStatusIfChanged(
        deps.client,
        ipAddressKind,
        { current: address.status, object: { metadata: { name }, status } },
        manager,
      );
      return undefined;
    },
    (controller) => [
      watchInto(controller, addresses, (address) =>
        address.spec.mac === undefined
          ? [address.metadata.name]
          : [
              address.metadata.name,
              ...addresses
                .byIndex('subnet', address.spec.subnet)
                .filter((other) => other.spec.mac === address.spec.mac)
                .map((other) => other.metadata.name),
            ],
      ),
      watchInto(controller, subnets, (subnet) => onSubnet(subnet.metadata.name)),
    ],
  );
}
