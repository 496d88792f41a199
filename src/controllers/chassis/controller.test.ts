import { afterEach, describe, expect, it } from 'vitest';
import { startTestOperator, type TestOperator } from '../../../test/fixtures/controllers.ts';
import { chassisKind, type EnumerationResult } from '../../api/chassis/schema.ts';
import { findCondition } from '../../api/conditions.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { machineActionKind } from '../../api/machine-action/schema.ts';
import { kubeError } from '../../kube/errors.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { createMachineActionController } from '../machine-action/controller.ts';
import { createChassisController } from './controller.ts';

const writing = new Set(['create', 'apply', 'applyStatus']);
const nodes = [1, 2].map((number) => ({
  name: `node-${number}`,
  parameters: { vm: String(number) },
  macAddresses: [`52:54:00:00:00:0${number}`],
  architecture: 'amd64',
}));
let operator: TestOperator | undefined;

afterEach(() => operator?.stop());

/** An operator whose writes fail as told, and a rack's part played by hand. */
async function play(fails: (nth: number, isDone: boolean) => boolean) {
  const store = createMemoryClient();
  let writes = 0;
  const fail = (verb: string, isDone: boolean): void => {
    if (!writing.has(verb)) return;
    if (!isDone) writes += 1;
    if (fails(writes, isDone)) throw kubeError('Unavailable', 'a test');
  };
  const client = store.connect({
    before: ({ verb }) => fail(verb, false),
    after: ({ verb }) => fail(verb, true),
  });
  await store.create(chassisKind, {
    metadata: { name: 'c1' },
    spec: { bmc: { driver: 'proxmox', address: 'pve', credentialsSecret: 'pve' } },
  });
  operator = await startTestOperator(client, 'metalwright');
  operator.run(createChassisController(operator.deps));
  operator.run(createMachineActionController(operator.deps));
  return { store, writes: () => writes };
}

const order = (store: MemoryClient, name: string) =>
  store.create(machineActionKind, { metadata: { name }, spec: { chassis: 'c1', action: 'Enumerate' } });

async function requested(store: MemoryClient, not?: string): Promise<string> {
  let id: string | undefined;
  await expect
    .poll(
      async () => {
        id = (await store.get(chassisKind, 'c1'))?.status?.request?.id;
        return id !== undefined && id !== not;
      },
      { timeout: 10_000 },
    )
    .toBe(true);
  return id ?? '';
}

async function answer(
  store: MemoryClient,
  id: string,
  ending: Partial<EnumerationResult> = { outcome: 'Succeeded', total: 2, nodes },
): Promise<void> {
  const result = {
    id,
    rack: 'r1',
    generation: 1,
    outcome: 'Running' as const,
    startedAt: '2026-01-01T00:00:00Z',
  };
  const status = { result: { ...result, ...ending } };
  await store.applyStatus(chassisKind, { metadata: { name: 'c1' }, status }, { fieldManager: 'rack' });
}

const phaseOf = async (store: MemoryClient, name: string) =>
  (await store.get(machineActionKind, name))?.status?.phase;
const readyOf = async (store: MemoryClient) =>
  findCondition((await store.get(chassisKind, 'c1'))?.status?.conditions, 'Ready')?.reason;

describe('an order to enumerate a chassis', () => {
  it('is taken up, asked of a rack, and ends with the Machines', async () => {
    const { store } = await play(() => false);
    await expect.poll(() => readyOf(store)).toBe('NotEnumerated');
    await order(store, 'a');
    const id = await requested(store);
    await expect.poll(() => phaseOf(store, 'a')).toBe('Running');
    await answer(store, id);
    await expect.poll(() => phaseOf(store, 'a')).toBe('Succeeded');
    expect(await readyOf(store)).toBe('Enumerated');
    expect((await store.get(chassisKind, 'c1'))?.status).toMatchObject({
      counts: { nodes: 2, machines: 2, skipped: 0 },
      nodes: [
        { node: 'node-1', outcome: 'Managed', machine: 'c1-node-1' },
        { node: 'node-2', outcome: 'Managed', machine: 'c1-node-2' },
      ],
    });
    expect((await store.get(machineKind, 'c1-node-1'))?.spec).toMatchObject({
      approved: false,
      bmc: { driver: 'proxmox', credentialsSecret: 'pve', parameters: { vm: '1' } },
    });
  });

  it('waits for the one before', async () => {
    const { store } = await play(() => false);
    await order(store, 'a');
    const first = await requested(store);
    await order(store, 'b');
    await answer(store, first);
    const second = await requested(store, first);
    expect(await phaseOf(store, 'a')).toBe('Succeeded');
    await answer(store, second);
    await expect.poll(() => phaseOf(store, 'b')).toBe('Succeeded');
    expect((await store.list(machineKind)).items).toHaveLength(2);
  });

  it('fails with what the rack says, and leaves the Machines as they are', async () => {
    const { store } = await play(() => false);
    await order(store, 'a');
    await answer(store, await requested(store), {
      outcome: 'Failed',
      reason: 'BmcUnreachable',
      message: 'no',
    });
    await expect.poll(() => phaseOf(store, 'a')).toBe('Failed');
    expect((await store.get(machineActionKind, 'a'))?.status?.message).toBe('BmcUnreachable: no');
    expect(await readyOf(store)).toBe('EnumerationFailed');
    expect((await store.list(machineKind)).items).toEqual([]);
  });

  it('fails when the spec was changed meanwhile', async () => {
    const { store } = await play(() => false);
    await order(store, 'a');
    const id = await requested(store);
    await store.patch(chassisKind, 'c1', { spec: { namePrefix: 'x-' } });
    await answer(store, id);
    await expect.poll(() => phaseOf(store, 'a')).toBe('Failed');
    expect(await readyOf(store)).toBe('ChassisChanged');
  });

  it('is refused where there is no such chassis', async () => {
    const { store } = await play(() => false);
    const spec = { chassis: 'c2', action: 'Enumerate' as const };
    await store.create(machineActionKind, { metadata: { name: 'a' }, spec });
    await expect.poll(() => phaseOf(store, 'a')).toBe('Refused');
  });

  it.each(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((nth) => [
      ['before', nth, false] as const,
      ['after', nth, true] as const,
    ]),
  )('comes to the same end when the API server fails %s write %i', async (_, nth, isDone) => {
    const { store } = await play((write, done) => write === nth && done === isDone);
    await order(store, 'a');
    await answer(store, await requested(store));
    await expect.poll(() => phaseOf(store, 'a'), { timeout: 10_000 }).toBe('Succeeded');
    const machines = (await store.list(machineKind)).items.map(({ metadata: { name }, spec }) => [
      name,
      spec.bmc?.parameters?.vm,
    ]);
    expect(machines.sort()).toEqual([
      ['c1-node-1', '1'],
      ['c1-node-2', '2'],
    ]);
  });
});
