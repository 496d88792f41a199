import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestOperator, type TestOperator } from '../../../test/fixtures/controllers.ts';
import { aFabric, aMachine } from '../../../test/fixtures/objects.ts';
import { fabricKind } from '../../api/fabric/schema.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { kubeError } from '../../kube/errors.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { fencedController, watchInto } from './small-controller.ts';
import { applyStatusIfChanged } from './status.ts';

describe('writing a status', () => {
  const object = { metadata: { name: 'f' }, status: { vlans: 2, conditions: [] } };

  it.each<[string, unknown, boolean]>([
    ['is done where there is none', undefined, true],
    ['is done where it differs', { vlans: 1, conditions: [] }, true],
    ['is left where it is the same', { conditions: [], vlans: 2 }, false],
    [
      'is left where only what is not there differs',
      { vlans: 2, conditions: [], observedGeneration: undefined },
      false,
    ],
  ])('%s', async (_sentence, current, expected) => {
    const client = createMemoryClient();
    await client.create(fabricKind, aFabric({ name: 'f' }));
    const writes = client.writes();
    expect(await applyStatusIfChanged(client, fabricKind, { current, object }, 'test')).toBe(expected);
    expect(client.writes() > writes).toBe(expected);
  });

  it('is nothing for an object that is gone', async () => {
    const client = createMemoryClient();
    expect(await applyStatusIfChanged(client, fabricKind, { current: undefined, object }, 'test')).toBe(
      false,
    );
  });

  it('fails as the API server does', async () => {
    const client = createMemoryClient({
      before() {
        throw kubeError('Unavailable', 'a test');
      },
    });
    await expect(
      applyStatusIfChanged(client, fabricKind, { current: undefined, object }, 'test'),
    ).rejects.toMatchObject({ code: 'Unavailable' });
  });
});

describe('a small controller', () => {
  let client: MemoryClient;
  let operator: TestOperator;
  let reconciled: string[];

  beforeEach(async () => {
    client = createMemoryClient();
    reconciled = [];
    await client.create(fabricKind, aFabric({ name: 'before' }));
    operator = await startTestOperator(client, 'metalwright-system');
  });
  afterEach(() => operator.stop());

  function create() {
    return fencedController(
      operator.deps,
      'test',
      async (key) => {
        reconciled.push(key);
        return undefined;
      },
      (controller) => [watchInto(controller, operator.informers.fabrics)],
    );
  }

  it('looks at what is there already, and at what comes', async () => {
    operator.run(create());
    await expect.poll(() => reconciled).toEqual(['before']);
    await client.create(fabricKind, aFabric({ name: 'later' }));
    await expect.poll(() => reconciled).toEqual(['before', 'later']);
  });

  it('looks at nothing before it is started and after it is stopped', async () => {
    const controller = create();
    await client.create(fabricKind, aFabric({ name: 'early' }));
    await expect.poll(() => operator.informers.fabrics.list().length).toBe(2);
    expect(reconciled).toEqual([]);
    controller.start();
    await expect.poll(() => reconciled.toSorted()).toEqual(['before', 'early']);
    await controller.stop();
    await client.create(fabricKind, aFabric({ name: 'late' }));
    await expect.poll(() => operator.informers.fabrics.list().length).toBe(3);
    expect(reconciled).toHaveLength(2);
  });

  it('does nothing without the lease, and what it missed once it has it', async () => {
    operator.leads = false;
    operator.run(create());
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reconciled).toEqual([]);
    operator.leads = true;
    await expect.poll(() => reconciled, { timeout: 5_000 }).toEqual(['before']);
  });
});

describe('machines by the Allocation that holds them', () => {
  it('are found by their status, and by their annotation when that was lost', async () => {
    const client = createMemoryClient();
    const annotations = { 'metalwright.dev/allocation': 'team/lost/u1' };
    await client.create(machineKind, aMachine({ name: 'a', metadata: { annotations } }));
    await client.create(machineKind, aMachine({ name: 'b' }));
    const allocation = { namespace: 'team', name: 'held', uid: 'u2' };
    await client.applyStatus(
      machineKind,
      { metadata: { name: 'b' }, status: { allocation } },
      { fieldManager: 'x' },
    );
    const operator = await startTestOperator(client, 'metalwright-system');
    const found = (key: string) =>
      operator.informers.machines.byIndex('allocation', key).map(({ metadata }) => metadata.name);
    expect([found('team/lost'), found('team/held'), found('team/other')]).toEqual([['a'], ['b'], []]);
    await operator.stop();
  });
});
