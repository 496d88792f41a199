import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { findCondition, isTrue } from '../../../src/api/conditions.ts';
import type { MachinePhase } from '../../../src/api/machine/phases.ts';
import { type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import { type MachineActionSpec, machineActionKind } from '../../../src/api/machine-action/schema.ts';
import { names } from '../../../src/api/meta.ts';
import { secrets } from '../../../src/kube/core-resources.ts';
import { operatorNamespace, until } from '../controllers/setting.ts';
import { type MachineName, machineNames, originalSpec, type World } from './world.ts';

/** What a person orders to get a machine back to where it was. */
const wayBack: Readonly<Partial<Record<MachinePhase, MachineActionSpec['action']>>> = {
  New: 'Commission',
  CommissioningFailed: 'Commission',
  TestingFailed: 'Override',
  Rescue: 'ExitRescue',
  RescueEntryFailed: 'ExitRescue',
  RescueExitFailed: 'ExitRescue',
  Broken: 'MarkFixed',
  ReleaseFailed: 'Release',
  EraseFailed: 'Release',
};

const deadlineMs = 60_000;

/** Takes every edit back, orders what a person would order, and waits until every machine is Ready and nothing moves any more. */
export async function reverse(world: World): Promise<void> {
  const { client } = world;
  world.faults.clear();
  for (const name of machineNames) await restoreSpec(world, name);
  for (const { metadata } of (await client.list(allocationKind)).items)
    await world.edit(() => client.delete(allocationKind, metadata.name, { namespace: 'default' }));
  await ended(world);
  // A copied configuration may have come after it was restored.
  for (const name of machineNames) await restoreSpec(world, name);
  for (const name of machineNames) {
    await order(world, name, 'Unlock');
    await toReady(world, name);
  }
  await quiet(world);
}

async function restoreSpec({ client, edit }: World, name: MachineName): Promise<void> {
  await edit(() =>
    client.patch(machineKind, name, { spec: { ...originalSpec(name), kernelArguments: null } }),
  );
}

async function order(world: World, machine: MachineName, action: MachineActionSpec['action']): Promise<void> {
  const metadata = { name: `order-${++world.orders}` };
  await world.edit(() => world.client.create(machineActionKind, { metadata, spec: { machine, action } }));
  await ended(world);
}

/** Every wait ends: each MachineAction comes to its end by itself. */
async function ended({ client }: World): Promise<void> {
  const open = async () =>
    (await client.list(machineActionKind)).items.filter(
      ({ status }) => !['Succeeded', 'Failed', 'Refused'].includes(status?.phase ?? ''),
    );
  const machines = async () => (await client.list(machineKind)).items.map(({ status }) => status);
  await until(
    'every MachineAction has ended',
    async () => (await open()).length === 0,
    async () => [await open(), await machines()],
    deadlineMs,
    50,
  );
}

async function toReady(world: World, name: MachineName): Promise<void> {
  const { client } = world;
  const end = performance.now() + deadlineMs;
  for (;;) {
    let machine: Machine | undefined;
    const isAtRest = ({ status }: Machine): boolean =>
      status?.phase !== undefined &&
      !isTrue(status.conditions, 'Reconciling') &&
      status.allocation === undefined;
    await until(
      `${name} comes to rest`,
      async () => {
        machine = await client.get(machineKind, name);
        return machine !== undefined && isAtRest(machine);
      },
      () => machine,
      deadlineMs,
      50,
    );
    const phase = machine?.status?.phase;
    if (phase === 'Ready') return;
    const action = phase && wayBack[phase];
    if (action === undefined || performance.now() > end)
      throw new Error(`${name} has no way back: ${JSON.stringify(machine, undefined, 1)}`);
    await order(world, name, action);
  }
}

/** Until nobody has written anything for a while that is long beside every pause. */
async function quiet({ recording }: World): Promise<void> {
  const quietMs = 600;
  let [count, since] = [recording.count(), performance.now()];
  await until(
    'nothing is written any more',
    () => {
      if (recording.count() !== count) [count, since] = [recording.count(), performance.now()];
      return performance.now() - since > quietMs;
    },
    () => count,
    deadlineMs,
    50,
  );
}

/** One line for everything that is not as it was before the first edit. */
export async function leftovers({ client, rack }: World): Promise<string[]> {
  const left: string[] = [];
  for (const { metadata, status } of (await client.list(machineKind)).items) {
    const { phase, allocation, release, returnTo, failure, locked, task, conditions } = status ?? {};
    // Who was let in while it was commissioned or tested may still be there.
    const work = task?.enableSsh === true ? undefined : task;
    const odd = { allocation, release, returnTo, failure, locked, task: work };
    for (const [name, value] of Object.entries(odd))
      if (value !== undefined) left.push(`${metadata.name}: ${name} is ${JSON.stringify(value)}`);
    if (phase !== 'Ready' || !isTrue(conditions, 'Ready'))
      left.push(`${metadata.name} is ${phase}: ${JSON.stringify(findCondition(conditions, 'Ready'))}`);
    if (metadata.annotations?.[names.allocation] !== undefined)
      left.push(`${metadata.name} still has the annotation of an Allocation`);
  }
  for (const { metadata } of (await client.list(allocationKind)).items)
    left.push(`Allocation ${metadata.name} is still there`);
  for (const { metadata } of (await client.list(secrets, { namespace: operatorNamespace })).items)
    if (metadata.name.startsWith('seed-')) left.push(`Secret ${metadata.name} is still there`);
  const { powered, tasks } = rack.journal;
  for (const [what, done] of Object.entries({ powered, tasks })) {
    const twice = done.filter((one, index) => done.indexOf(one) !== index);
    if (twice.length > 0) left.push(`${what} twice: ${twice.join(', ')}`);
  }
  return left;
}
