import type { Condition } from '../../../src/api/fields.ts';
import { createFabricController } from '../../../src/controllers/fabric/controller.ts';
import { createAddressAssignment } from '../../../src/controllers/ip-address/assign.ts';
import { createIpAddressController } from '../../../src/controllers/ip-address/controller.ts';
import { createRackController } from '../../../src/controllers/rack/controller.ts';
import { createSubnetController } from '../../../src/controllers/subnet/controller.ts';
import { createVlanController } from '../../../src/controllers/vlan/controller.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/resource.ts';
import { startTestOperator, type TestOperator } from '../../fixtures/controllers.ts';
import { operatorNamespace } from '../controllers/setting.ts';

/** An operator process with the controllers of networks, addresses and racks. */
export async function startNetworkOperator(client: KubeClient, writer = client): Promise<TestOperator> {
  const operator = await startTestOperator(client, operatorNamespace);
  const deps = { ...operator.deps, client: writer, clock: systemClock, namespace: operatorNamespace };
  for (const create of [
    createFabricController,
    createVlanController,
    createSubnetController,
    createIpAddressController,
    createAddressAssignment,
  ])
    operator.run(create(deps));
  operator.run(createRackController(deps));
  return operator;
}

/** Any object with conditions. */
export interface Conditioned extends KubeObject {
  status?: { conditions?: readonly Condition[] | undefined } | undefined;
}

/** `Ready` of an object as `Status Reason`. */
export function readyOf(object: Conditioned | undefined): string {
  const ready = object?.status?.conditions?.find(({ type }) => type === 'Ready');
  return `${ready?.status} ${ready?.reason}`;
}
