import { mergeConditions } from '../../api/conditions.ts';
import { type IpAddressObject, ipAddressKind } from '../../api/ip-address/schema.ts';
import type { Rack } from '../../api/rack/schema.ts';
import { isIp } from '../../domain/net/address.ts';
import { isOlder } from '../../domain/seniority.ts';
import type { Controller } from '../../kube/controller.ts';
import { clientKey } from '../shared/informers.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';
import { decideIpAddress, objectNameOf } from './decide.ts';

const manager = 'metalwright-ip-address';

/** Says whether a reserved address makes sense where it is. */
export function createIpAddressController(deps: ControllerDeps): Controller {
  const { addresses, subnets, racks } = deps.informers;

  /** Addresses that one client would be given on one subnet, this one included. */
  const ofSameClient = ({ spec }: IpAddressObject): IpAddressObject[] =>
    spec.mac === undefined ? [] : addresses.byIndex('client', clientKey(spec.subnet, spec.mac));

  function* ownAddresses({ status }: Rack): Generator<string> {
    for (const nic of status?.interfaces ?? []) {
      for (const cidr of nic.addresses) {
        const [address = ''] = cidr.split('/');
        if (isIp(address)) yield objectNameOf(address);
      }
    }
  }

  return fencedController(
    deps,
    'ip-address',
    async (name) => {
      const address = addresses.get(name);
      if (address === undefined) return undefined;
      const older = ofSameClient(address).filter((other) => isOlder(other.metadata, address.metadata));
      const rack = racks.list().find((entry) => [...ownAddresses(entry)].includes(name));
      const { generation } = address.metadata;
      const decided = decideIpAddress(address, {
        subnet: subnets.get(address.spec.subnet),
        sameMac: older.map(({ metadata }) => metadata.name).sort(),
        rack: rack?.metadata.name,
      });
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
      watchInto(controller, addresses, (address) => [
        address.metadata.name,
        ...ofSameClient(address).map(({ metadata }) => metadata.name),
      ]),
      watchInto(controller, racks, ownAddresses),
      // Only what its spec says matters here; its counts change with every address.
      subnets.onChange(({ object, previous }) => {
        if (object.metadata.generation === previous?.metadata.generation) return;
        for (const { metadata } of addresses.byIndex('subnet', object.metadata.name))
          controller.enqueue(metadata.name);
      }),
    ],
  );
}
