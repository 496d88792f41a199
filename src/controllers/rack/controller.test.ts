import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestOperator, type TestOperator } from '../../../test/fixtures/controllers.ts';
import { aRack } from '../../../test/fixtures/objects.ts';
import { findCondition } from '../../api/conditions.ts';
import { rackKind } from '../../api/rack/schema.ts';
import { leases } from '../../kube/core-resources.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { createRackController } from './controller.ts';

const namespace = 'metalwright-system';

describe('the rack controller', () => {
  let client: MemoryClient;
  let operator: TestOperator;
  let beat: number;

  beforeEach(async () => {
    client = createMemoryClient();
    beat = 0;
    await client.create(rackKind, aRack({ name: 'node-1' }));
    await renew();
    operator = await startTestOperator(client, namespace);
    const controller = createRackController({ ...operator.deps, namespace });
    operator.run(controller);
    look = () => controller.enqueue('node-1');
  });
  afterEach(() => operator.stop());

  let look: () => void;
  /** As the rack does, whose clock is years behind. */
  async function renew(): Promise<void> {
    beat += 1;
    const renewTime = new Date(beat * 10_000).toISOString();
    await client.apply(
      leases,
      { metadata: { name: 'rack-node-1', namespace }, spec: { leaseDurationSeconds: 40, renewTime } },
      { fieldManager: 'rack' },
    );
  }

  /** Lets so much time pass for the operator, and lets it look. */
  async function lookAfter(ms: number): Promise<string | undefined> {
    operator.clock.time += ms;
    look();
    await new Promise((resolve) => setTimeout(resolve, 20));
    return await reason();
  }

  const reason = async (): Promise<string | undefined> =>
    findCondition((await client.get(rackKind, 'node-1'))?.status?.conditions, 'Ready')?.reason;

  it('says nothing of a rack that renews its Lease, whatever its clock says', async () => {
    for (let round = 0; round < 10; round += 1) {
      await renew();
      expect(await lookAfter(10_000)).toBeUndefined();
    }
  });

  it('declares a rack silent once its Lease has run out, and says so once', async () => {
    expect(await lookAfter(0)).toBeUndefined();
    expect(await lookAfter(39_999)).toBeUndefined();
    await lookAfter(1);
    await expect.poll(reason).toBe('RackSilent');
    const writes = client.writes();
    await lookAfter(60_000);
    await expect.poll(reason).toBe('RackSilent');
    expect(client.writes()).toBe(writes);
    expect(operator.events).toEqual(['Rack/node-1 Warning RackSilent']);
  });

  it('gives a rack time whose Lease it sees for the first time, or that has none', async () => {
    await client.delete(leases, 'rack-node-1', { namespace });
    expect(await lookAfter(0)).toBeUndefined();
    expect(await lookAfter(39_000)).toBeUndefined();
    await lookAfter(1_000);
    await expect.poll(reason).toBe('RackSilent');
  });

  it('lets a rack that is heard again take its conditions back', async () => {
    await lookAfter(0);
    await lookAfter(40_000);
    await expect.poll(reason).toBe('RackSilent');
    await renew();
    await client.applyStatus(
      rackKind,
      {
        metadata: { name: 'node-1' },
        status: {
          conditions: [
            {
              type: 'Ready',
              status: 'True',
              reason: 'Serving',
              message: '',
              lastTransitionTime: '2026-01-01T00:00:00Z',
            },
          ],
        },
      },
      { fieldManager: 'metalwright-rack' },
    );
    await lookAfter(30_000);
    await expect.poll(reason).toBe('Serving');
  });

  it('writes nothing when it does not lead', async () => {
    operator.leads = false;
    const writes = client.writes();
    expect(await lookAfter(100_000)).toBeUndefined();
    expect(client.writes()).toBe(writes);
  });
});
