import { afterEach, expect, it } from 'vitest';
import { startTestOperator, type TestOperator } from '../../../test/fixtures/controllers.ts';
import { chassisKind } from '../../api/chassis/schema.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { machineActionKind } from '../../api/machine-action/schema.ts';
import { createMemoryClient } from '../../kube/memory-client.ts';
import { reconcileAction } from './controller.ts';

const operators: TestOperator[] = [];
afterEach(async () => {
  for (const operator of operators.splice(0)) await operator.stop();
});

it('an action is not refused for want of what was made a moment before it, and is not yet in the copy', async () => {
  const store = createMemoryClient();
  await store.create(chassisKind, {
    metadata: { name: 'c1' },
    spec: { bmc: { driver: 'proxmox', address: 'pve', credentialsSecret: 'pve' } },
  });
  await store.create(machineKind, {
    metadata: { name: 'm1' },
    spec: { macAddresses: ['52:54:00:00:00:01'] },
  });
  const orders = {
    chassis: { chassis: 'c1', action: 'Enumerate' },
    machine: { machine: 'm1', action: 'PowerOn' },
    nobody: { machine: 'm2', action: 'PowerOn' },
  } as const;
  for (const [name, spec] of Object.entries(orders))
    await store.create(machineActionKind, { metadata: { name }, spec });
  const operator = await startTestOperator(store, 'metalwright');
  const late = await startTestOperator(createMemoryClient(), 'metalwright');
  operators.push(operator, late);
  const { machines, chassis } = late.informers;
  const deps = { ...operator.deps, informers: { ...operator.informers, machines, chassis } };
  for (const name of Object.keys(orders)) await reconcileAction(name, deps);
  const phases = (await store.list(machineActionKind)).items.map(({ metadata, status }) => [
    metadata.name,
    status?.phase,
  ]);
  expect(Object.fromEntries(phases)).toEqual({ chassis: 'Pending', machine: 'Pending', nobody: 'Refused' });
});
