import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Allocation, allocationKind } from '../../../src/api/allocation/schema.ts';
import { findCondition } from '../../../src/api/conditions.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { createInformer } from '../../../src/kube/informer.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import {
  aMachine,
  anAllocation,
  createImage,
  type Setting,
  startOperator,
  startSetting,
  until,
} from './setting.ts';

let setting: Setting;

beforeAll(async () => {
  setting = await startSetting();
  await createImage(setting.client, 'debian-12');
});
afterAll(() => setting.stop());

const rounds = 50;

describe('two Allocations that want the same machine, and two operators that both believe to lead', () => {
  it(`never both get it, ${rounds} times`, { timeout: 240_000 }, async () => {
    const { client } = setting;
    const names = Array.from({ length: rounds }, (_, index) => `m${index}`);
    const hardware = {
      cores: 1,
      threads: 1,
      memoryMiB: 1024,
      nics: 1,
      disks: [{ name: 'sda', sizeBytes: 1e10, kind: 'SSD' as const }],
    };
    for (const [index, name] of names.entries()) {
      await client.create(machineKind, aMachine(name, index));
      const status = { phase: 'Ready' as const, hardware, commissioned: { attempts: 1 } };
      await client.applyStatus(
        machineKind,
        { metadata: { name }, status },
        { fieldManager: 'metalwright-machine' },
      );
    }
    const machines = createInformer({ client, resource: machineKind, log: silentLogger });
    /** Every Allocation that ever held a machine, by the machine's name. */
    const holders = new Map<string, Set<string>>();
    machines.onChange(({ object: { metadata, status } }) => {
      const uid = status?.allocation?.uid;
      if (uid === undefined) return;
      holders.set(metadata.name, (holders.get(metadata.name) ?? new Set()).add(uid));
    });
    machines.start();
    await machines.synced();
    const operators = await Promise.all([
      startOperator({ client, onlyAllocations: true }),
      startOperator({ client, onlyAllocations: true }),
    ]);
    const all = async (): Promise<Allocation[]> => (await client.list(allocationKind)).items;
    const waits = (allocation: Allocation): boolean =>
      allocation.status?.phase === 'Pending' &&
      findCondition(allocation.status.conditions, 'Ready')?.reason === 'NoMachineFits';
    try {
      for (const machine of names) {
        const constraints = { machine };
        await Promise.all(
          ['a', 'b'].map((side) =>
            client.create(allocationKind, anAllocation(`${machine}-${side}`, { constraints })),
          ),
        );
      }
      await until(
        'every machine is held, and every other Allocation knows that it waits',
        async () => {
          const settled = await all();
          return holders.size === rounds && settled.filter(waits).length === rounds;
        },
        async () =>
          (await all())
            .filter((allocation) => !waits(allocation))
            .map(({ metadata, status }) => [metadata.name, status?.phase, status?.machine]),
        180_000,
        250,
      );
      for (const machine of names) {
        expect(holders.get(machine)?.size, machine).toBe(1);
        const sides = (await all()).filter(({ spec }) => spec.constraints.machine === machine);
        const winner = sides.filter(({ status }) => status?.machine === machine);
        expect(winner).toHaveLength(1);
        expect([...(holders.get(machine) ?? [])]).toEqual([winner[0]?.metadata.uid]);
      }
    } finally {
      await Promise.all(operators.map((operator) => operator.stop()));
      await machines.stop();
    }
  });
});
