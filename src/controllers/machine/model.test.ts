import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocationKind } from '../../api/allocation/schema.ts';
import { isLocked } from '../../api/machine/locked.ts';
import type { MachinePhase } from '../../api/machine/phases.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import {
  type MachineActionSpec,
  machineActionKind,
  machineActions,
} from '../../api/machine-action/schema.ts';
import { isAway } from '../../domain/lifecycle/phases.ts';
import { mayMove } from '../../domain/lifecycle/transitions.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { aMachine } from './testing/builders.ts';
import { createFakeWorld, type FakeOperator, type FakeWorld } from './testing/fake-world.ts';

/** What happens in the world, one thing after the other. Two operators both believe to lead. */
type Event =
  | { kind: 'Refresh'; operator: number; cache: string | undefined }
  | { kind: 'Machine' | 'Allocations' | 'Actions'; operator: number; writesLeft: number | undefined }
  | { kind: 'Work'; operator: number; steps: number; outcome: 'Succeeded' | 'Failed' }
  | { kind: 'Rack'; outcome: 'Succeeded' | 'Failed' }
  | { kind: 'Advance'; ms: number }
  | { kind: 'Allocate'; name: 'a' | 'b'; erase: 'None' | 'Quick' }
  | { kind: 'Deallocate'; name: 'a' | 'b' }
  | { kind: 'Order'; action: (typeof machineActions)[number]; parameters: MachineActionSpec['parameters'] }
  | { kind: 'Delete' }
  | { kind: 'Lock'; locked: boolean };

const sshKeys = ['ssh-ed25519 AAAA'];
const operator = fc.nat(1);
const outcome = fc.oneof(
  { weight: 6, arbitrary: fc.constant('Succeeded' as const) },
  fc.constant('Failed' as const),
);
const caches = ['machines', 'inventories', 'allocations', 'images', 'actions', 'racks'];
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 80,
    arbitrary: fc.record({
      kind: fc.constant('Work' as const),
      operator,
      steps: fc.integer({ min: 1, max: 12 }),
      outcome,
    }),
  },
  {
    weight: 40,
    arbitrary: fc.record({
      kind: fc.constant('Refresh' as const),
      operator,
      cache: fc.option(fc.constantFrom(...caches), { nil: undefined }),
    }),
  },
  {
    weight: 60,
    arbitrary: fc.record({
      kind: fc.constantFrom('Machine' as const, 'Allocations' as const, 'Actions' as const),
      operator,
      writesLeft: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    }),
  },
  { weight: 40, arbitrary: fc.record({ kind: fc.constant('Rack' as const), outcome }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('Advance' as const),
      ms: fc.integer({ min: 1000, max: 3_600_000 }),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('Allocate' as const),
      name: fc.constantFrom('a' as const, 'b' as const),
      erase: fc.constantFrom('None' as const, 'Quick' as const),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('Deallocate' as const),
      name: fc.constantFrom('a' as const, 'b' as const),
    }),
  },
  {
    weight: 40,
    arbitrary: fc.record({
      kind: fc.constant('Order' as const),
      action: fc.constantFrom(...machineActions),
      parameters: fc.constantFrom<MachineActionSpec['parameters'][]>(
        undefined,
        {
          sshKeys,
          erase: 'None',
          mode: 'Soft',
          clone: { targets: ['m2'], fields: ['zone'] },
        },
        { sshKeys, enableSsh: true, erase: 'Full' },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('Delete' as const) }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('Lock' as const), locked: fc.boolean() }) },
);

const undisturbed = (steps: number): Event => ({ kind: 'Work', operator: 0, steps, outcome: 'Succeeded' });
const allocate = (name: 'a' | 'b'): Event => ({ kind: 'Allocate', name, erase: 'Quick' });
const refreshAll: Event[] = [0, 1].map((of) => ({ kind: 'Refresh', operator: of, cache: undefined }));
const toReady = undisturbed(14);
const order = (action: (typeof machineActions)[number]): Event => ({
  kind: 'Order',
  action,
  parameters: { sshKeys },
});
const toDeployed = [toReady, allocate('a'), undisturbed(16)];

/** Where the disturbances begin: chance alone would hardly ever get that far. */
const beginnings: Event[][] = [
  [],
  [toReady, allocate('a'), allocate('b'), ...refreshAll],
  [toReady, allocate('a'), undisturbed(8)],
  [...toDeployed, ...refreshAll],
  [toReady, order('Rescue'), undisturbed(6)],
  [...toDeployed, order('Rescue'), undisturbed(6), ...refreshAll],
  [...toDeployed, order('Test'), undisturbed(4), ...refreshAll],
  [...toDeployed, order('MarkBroken'), undisturbed(1), order('Rescue'), undisturbed(6)],
  [...toDeployed, { kind: 'Deallocate', name: 'a' }, undisturbed(4)],
  [...toDeployed, { kind: 'Deallocate', name: 'a' }, ...refreshAll],
];
const story = fc
  .tuple(fc.constantFrom(...beginnings), fc.array(event, { minLength: 5, maxLength: 40 }))
  .map(([beginning, rest]) => [...beginning, ...rest]);

/** Everything of one operator until nothing changes any more, with the rack taking so many steps in between. */
async function work(
  world: FakeWorld,
  on: FakeOperator,
  steps: number,
  ends: 'Succeeded' | 'Failed',
): Promise<void> {
  for (let step = 0; step < steps; step++) {
    on.refresh();
    await on.machine();
    on.refresh();
    await on.allocations();
    on.refresh();
    await on.actions();
    if (step % 2 === 1) await world.rack(step === steps - 1 ? ends : 'Succeeded');
  }
}

/** Where a machine belongs, as long as it is tested, rescued or broken. */
function homeOf(status: MachineStatus | undefined): MachinePhase | undefined {
  const { phase, returnTo } = status ?? {};
  if (returnTo?.wasDeployed === true) return 'Deployed';
  if (isAway(phase)) return returnTo?.phase;
  return phase === 'Broken' ? (returnTo?.phase ?? phase) : phase;
}

/** Looks at every version of the machine, and says what must never be. */
function watchMachine(world: FakeWorld): () => void {
  let before: Machine | undefined;
  const claimed = new Set<string>();
  let wantsErase: string | undefined;
  return () => {
    const machine = world.machine();
    const was = before?.status;
    const is = machine?.status;
    const isLockedNow =
      before !== undefined && isLocked(before) && machine?.spec.locked === before.spec.locked;
    before = machine;
    if (machine === undefined || is === undefined) return;
    if (is.phase !== undefined && !mayMove(was?.phase, is.phase)) {
      // Two writes may lie between two looks only where one operator works undisturbed.
      throw new Error(`moved from ${was?.phase} to ${is.phase}`);
    }
    if (was?.allocation !== undefined && was.allocation.uid !== is.allocation?.uid) {
      expect(is.allocation, 'a machine changed hands without being let go').toBeUndefined();
      expect(is.release?.allocationUid ?? was.release?.allocationUid).toBe(was.allocation.uid);
    }
    if (is.allocation !== undefined && was?.allocation === undefined) {
      expect(claimed.has(is.allocation.uid), 'an Allocation held the machine twice').toBe(false);
      claimed.add(is.allocation.uid);
    }
    if (homeOf(was) === 'Deployed' && homeOf(is) !== 'Deployed') {
      const holder = world.allocations().find(({ metadata }) => metadata.uid === was?.allocation?.uid);
      const goes = holder === undefined || holder.metadata.deletionTimestamp !== undefined;
      expect(goes, `left Deployed (${was?.phase}) for ${is.phase} against its Allocation`).toBe(true);
      const isRecorded = was?.allocation !== undefined || was?.release !== undefined;
      expect(isRecorded || is.phase === 'Broken').toBe(true);
    }
    if (isLockedNow && is.action !== undefined && is.action.uid !== was?.action?.uid) {
      const ofLock = is.action.action === 'Lock' || is.action.action === 'Unlock';
      expect(ofLock || is.action.outcome === 'Refused', `a locked machine did ${is.action.action}`).toBe(
        true,
      );
    }
    if (is.action?.action === 'Release') {
      const { uid } = is.action;
      const ordered = world.cluster.list(machineActionKind).find(({ metadata }) => metadata.uid === uid);
      if (ordered?.spec.parameters?.erase === 'None') wantsErase = undefined;
    }
    if (is.task?.kind === 'Install' && is.task.id !== was?.task?.id) {
      const holder = world.allocations().find(({ metadata }) => metadata.uid === is.allocation?.uid);
      wantsErase = holder?.spec.erase === 'None' ? undefined : is.task.id;
    }
    if (
      is.task?.kind === 'Erase' &&
      is.taskResult?.id === is.task.id &&
      is.taskResult.outcome === 'Succeeded'
    ) {
      wantsErase = undefined;
    }
    if (is.phase === 'Ready')
      expect(wantsErase, 'back in the pool with the data of a tenant').toBeUndefined();
    if (is.power?.request !== undefined && is.power.request.id !== was?.power?.request?.id) {
      const ran = world.powered.filter((id) => id === is.power?.request?.id).length;
      expect(ran, `power request ${is.power.request.id} was made again`).toBe(0);
    }
    if (is.boot !== undefined && was?.boot !== undefined) {
      expect(is.boot.generation).toBeGreaterThanOrEqual(was.boot.generation);
    }
  };
}

async function happen(
  world: FakeWorld,
  operators: readonly FakeOperator[],
  what: Event,
  look: () => void,
): Promise<void> {
  const { client } = world.cluster;
  const on = operators[('operator' in what ? what.operator : 0) % operators.length] ?? world.operator();
  switch (what.kind) {
    case 'Refresh':
      if (what.cache === undefined) on.refresh();
      else on.caches[what.cache]?.refresh();
      return;
    case 'Machine':
      await on.machine(what.writesLeft);
      return;
    case 'Allocations':
      await on.allocations(what.writesLeft);
      return;
    case 'Actions':
      await on.actions(what.writesLeft);
      return;
    case 'Work':
      for (let step = 0; step < what.steps; step++) {
        await work(world, on, 1, what.outcome);
        look();
        await world.rack(step === what.steps - 1 ? what.outcome : 'Succeeded');
        look();
      }
      return;
    case 'Rack':
      await world.rack(what.outcome);
      return;
    case 'Advance':
      world.advance(what.ms);
      return;
    case 'Allocate':
      if (world.allocations().some(({ metadata }) => metadata.name === what.name)) return;
      await client.create(allocationKind, {
        metadata: { name: what.name, namespace: 'default' },
        spec: { image: 'debian-12', constraints: {}, sshKeys: [], erase: what.erase, priority: 0 },
      });
      return;
    case 'Deallocate':
      await client.delete(allocationKind, what.name, { namespace: 'default' });
      return;
    case 'Order': {
      const name = `order-${world.cluster.list(machineActionKind).length}`;
      await client.create(machineActionKind, {
        metadata: { name },
        spec: {
          ...{ machine: 'm1', action: what.action },
          ...(what.parameters === undefined ? {} : { parameters: what.parameters }),
        },
      });
      return;
    }
    case 'Delete':
      await client.delete(machineKind, 'm1');
      return;
    case 'Lock':
      world.cluster.edit(machineKind, 'm1', { locked: what.locked });
  }
}

const restPhases = [
  'New',
  'Ready',
  'Deployed',
  'Broken',
  'CommissioningFailed',
  'DeploymentFailed',
  'ReleaseFailed',
  'EraseFailed',
  'TestingFailed',
  'Rescue',
  'RescueEntryFailed',
  'RescueExitFailed',
];

describe('whatever happens, in whatever order, with crashes and two leaders', () => {
  it('a machine has one owner, nothing is switched twice, no data changes hands, and every wait ends', async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(story, async (events) => {
        const world = await createFakeWorld();
        const { spec } = aMachine(undefined);
        await world.cluster.client.create(machineKind, { metadata: { name: 'm1' }, spec });
        const operators = [world.operator(), world.operator()];
        const watch = watchMachine(world);
        const look = (): void => {
          watch();
          reached.add(world.machine()?.status?.phase ?? 'none');
        };
        for (const what of events) {
          await happen(world, operators, what, look);
          look();
        }
        expect(new Set(world.powered).size, `carried out twice: ${world.powered}`).toBe(world.powered.length);
        expect(new Set(world.tasks).size, `carried out twice: ${world.tasks}`).toBe(world.tasks.length);
        await settle(world, look);
      }),
      { numRuns: 80 },
    );
    expect([...reached].sort()).toEqual(
      expect.arrayContaining([
        'Allocated',
        'Broken',
        'Deployed',
        'Deploying',
        'Erasing',
        'Ready',
        'Releasing',
        'Rescue',
        'Testing',
      ]),
    );
  }, 120_000);
});

/** Of everything that controllers write. */
function versions({ cluster }: FakeWorld): string {
  const all = [machineKind, allocationKind, machineActionKind].flatMap((kind) =>
    cluster.list<KubeObject>(kind),
  );
  return all.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).join();
}

/** From here on nothing but time passes: one operator works, and every rack and machine is dead. */
async function settle(world: FakeWorld, look: () => void): Promise<void> {
  const survivor = world.operator();
  let before = '';
  for (let round = 0; round < 60; round++) {
    survivor.refresh();
    await survivor.actions();
    survivor.refresh();
    await survivor.allocations();
    look();
    survivor.refresh();
    const requeueAfterMs = await survivor.machine();
    look();
    survivor.refresh();
    const again = await survivor.machine();
    look();
    const wakesAfterMs = again ?? requeueAfterMs;
    const now = versions(world);
    if (wakesAfterMs === undefined && now === before) break;
    before = now;
    world.advance(wakesAfterMs ?? 1000);
  }
  const status = world.machine()?.status;
  if (status !== undefined) expect(restPhases, JSON.stringify(status)).toContain(status?.phase);
  const reconciles = status?.conditions?.some(
    ({ type, status: is }) => type === 'Reconciling' && is === 'True',
  );
  expect(reconciles ?? false).toBe(false);
  for (const action of world.cluster.list(machineActionKind)) {
    expect(['Succeeded', 'Failed', 'Refused'], JSON.stringify(action)).toContain(action.status?.phase);
  }
  // And then it is quiet: a day changes nothing.
  const version = world.machine()?.metadata.resourceVersion;
  survivor.refresh();
  await survivor.machine();
  await survivor.allocations();
  expect(world.machine()?.metadata.resourceVersion).toBe(version);
}
