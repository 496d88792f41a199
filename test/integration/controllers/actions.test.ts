import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { findCondition } from '../../../src/api/conditions.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { type MachineActionSpec, machineActionKind } from '../../../src/api/machine-action/schema.ts';
import {
  aMachine,
  anAllocation,
  createImage,
  createRack,
  type Operator,
  type Setting,
  startOperator,
  startSetting,
  until,
} from './setting.ts';
import { type Behaviour, type SimulatedRack, startSimulatedRack } from './simulated-rack.ts';

type Parameters = MachineActionSpec['parameters'];

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx a@example.com';
let setting: Setting;
let operator: Operator;
let rack: SimulatedRack;
const behaviours = new Map<string, Behaviour>();

beforeAll(async () => {
  setting = await startSetting();
  await createImage(setting.client, 'debian-12');
  await createRack(setting.client, 'rack-1');
  const timings = { power: 4_000, boot: 4_000, firstBoot: 4_000, recheck: 100, delete: 3_000 };
  operator = await startOperator({ client: setting.client, timings });
  rack = await startSimulatedRack(setting.client, {
    stopAt: (machine) => behaviours.get(machine.metadata.name)?.stopAt?.(machine),
    failTask: (machine) => behaviours.get(machine.metadata.name)?.failTask?.(machine),
    failPower: (machine) => behaviours.get(machine.metadata.name)?.failPower?.(machine),
  });
});
afterAll(async () => {
  await rack?.stop();
  await operator?.stop();
  await setting?.stop();
});

let machines = 0;
const statusOf = async (name: string) => (await setting.client.get(machineKind, name))?.status;
const phaseIs = (name: string, phase: string): Promise<void> =>
  until(
    `${name} is ${phase}`,
    async () => (await statusOf(name))?.phase === phase,
    () => statusOf(name),
    60_000,
  );

async function newMachine(name: string, behaviour: Behaviour = {}): Promise<void> {
  behaviours.set(name, behaviour);
  await setting.client.create(machineKind, aMachine(name, ++machines));
  await phaseIs(name, 'Ready');
}

let orders = 0;
/** Orders, and answers the name of the order. */
async function give(
  machine: string,
  action: MachineActionSpec['action'],
  parameters?: Parameters,
): Promise<string> {
  const name = `order-${++orders}`;
  const spec = { machine, action, ...(parameters === undefined ? {} : { parameters }) };
  await setting.client.create(machineActionKind, { metadata: { name }, spec });
  return name;
}

/** What came of it. */
async function endOf(name: string): Promise<{ phase: string | undefined; message: string | undefined }> {
  const read = () => setting.client.get(machineActionKind, name);
  const ended = ['Succeeded', 'Failed', 'Refused'];
  await until(`${name} ended`, async () => ended.includes((await read())?.status?.phase ?? ''), read);
  const status = (await read())?.status;
  return { phase: status?.phase, message: status?.message };
}

const order = async (machine: string, action: MachineActionSpec['action'], parameters?: Parameters) =>
  await endOf(await give(machine, action, parameters));

describe('an order', () => {
  it.each<[string, MachineActionSpec['action'], Parameters, RegExp]>([
    ['a parameter of another action', 'PowerOn', { erase: 'Full' }, /parameters\.erase is for Release alone/],
    ['login without keys', 'Commission', { enableSsh: true }, /needs parameters\.sshKeys/],
    ['a clone of nothing', 'CloneConfiguration', undefined, /needs parameters\.clone/],
  ])('is refused by the API server with %s', async (_, action, parameters, message) => {
    await expect(give('m', action, parameters)).rejects.toThrow(message);
  });

  it('waits until the one before it has ended, unless it interrupts', async () => {
    await newMachine('queue');
    const commission = await give('queue', 'Commission');
    const test = await give('queue', 'Test');
    const lock = await give('queue', 'Lock');
    const refused = await give('queue', 'PowerOn');
    const names = [commission, test, lock, refused];
    const ends = [];
    for (const name of names) ends.push((await endOf(name)).phase);
    expect(ends).toEqual(['Succeeded', 'Succeeded', 'Succeeded', 'Refused']);
    expect(await statusOf('queue')).toMatchObject({ phase: 'Ready', locked: true });
    expect((await order('queue', 'Unlock')).phase).toBe('Succeeded');
    behaviours.set('queue', { stopAt: () => 'Dhcp' });
    const again = await give('queue', 'Test');
    await phaseIs('queue', 'Testing');
    const read = () => setting.client.get(machineActionKind, again);
    await until('it runs', async () => (await read())?.status?.phase === 'Running', read);
    expect((await order('queue', 'Abort')).phase).toBe('Succeeded');
    expect(await endOf(again)).toMatchObject({ phase: 'Failed' });
    await phaseIs('queue', 'Ready');
  });

  it('for the power state is answered by the BMC', async () => {
    await newMachine('power');
    expect((await order('power', 'PowerOn')).phase).toBe('Succeeded');
    expect((await order('power', 'PowerStatus')).phase).toBe('Succeeded');
    expect((await order('power', 'PowerOff', { mode: 'Soft' })).phase).toBe('Succeeded');
    expect((await statusOf('power'))?.power?.request).toMatchObject({ action: 'Off', mode: 'Soft' });
  });
});

describe('a deployed machine', () => {
  it('is rescued and tested without leaving its Allocation, and released from a rescue', async () => {
    await newMachine('tenant');
    await setting.client.create(
      allocationKind,
      anAllocation('held', { constraints: { machine: 'tenant' }, sshKeys: [key] }),
    );
    const allocation = () => setting.client.get(allocationKind, 'held', 'default');
    await phaseIs('tenant', 'Deployed');
    const owner = (await statusOf('tenant'))?.allocation;
    expect((await order('tenant', 'Rescue')).phase).toBe('Succeeded');
    const rescued = await statusOf('tenant');
    expect(rescued).toMatchObject({ phase: 'Rescue', allocation: owner, task: { sshKeys: [key] } });
    expect(findCondition(rescued?.conditions, 'Ready')).toMatchObject({ reason: 'Rescue' });
    await until('it is Deployed still', async () => {
      const { phase, conditions } = (await allocation())?.status ?? {};
      return phase === 'Deployed' && findCondition(conditions, 'Ready')?.status === 'False';
    });
    expect((await order('tenant', 'Test')).phase).toBe('Succeeded');
    expect(await statusOf('tenant')).toMatchObject({ phase: 'Deployed', allocation: owner });
    behaviours.set('tenant', { failTask: () => ({ reason: 'TestFailed', message: 'memory: 3 errors' }) });
    expect(await order('tenant', 'Test')).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('memory: 3 errors'),
    });
    expect(await statusOf('tenant')).toMatchObject({ phase: 'TestingFailed', allocation: owner });
    behaviours.set('tenant', {});
    expect((await order('tenant', 'Override')).phase).toBe('Succeeded');
    expect(await statusOf('tenant')).toMatchObject({ phase: 'Deployed', powerState: 'On' });
    expect((await order('tenant', 'Rescue')).phase).toBe('Succeeded');
    await setting.client.delete(allocationKind, 'held', { namespace: 'default' });
    await until('it is gone', async () => (await allocation()) === undefined, allocation);
    await phaseIs('tenant', 'Ready');
    expect(rack.journal.tasks.filter((task) => task.startsWith('tenant')).at(-1)).toContain('erase');
  });
});

describe('CloneConfiguration', () => {
  it('copies what it names, in a manager of its own, and yields to others unless forced', async () => {
    for (const name of ['source', 'one', 'two']) await newMachine(name);
    await setting.client.patch(machineKind, 'source', {
      spec: { zone: 'row-7', kernelArguments: ['nomodeset'] },
    });
    await setting.client.patch(machineKind, 'two', { spec: { zone: 'mine' } }, { fieldManager: 'somebody' });
    const clone = { targets: ['one'], fields: ['kernelArguments' as const, 'rootDisk' as const] };
    expect(await order('source', 'CloneConfiguration', { clone })).toMatchObject({ phase: 'Succeeded' });
    const one = await setting.client.get(machineKind, 'one');
    expect(one?.spec).toMatchObject({ kernelArguments: ['nomodeset'], zone: 'default', approved: true });
    const zone = { targets: ['two'], fields: ['zone' as const] };
    expect(await order('source', 'CloneConfiguration', { clone: zone })).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('somebody'),
    });
    const forced = await order('source', 'CloneConfiguration', { clone: { ...zone, force: true } });
    expect(forced.phase).toBe('Succeeded');
    expect((await setting.client.get(machineKind, 'two'))?.spec.zone).toBe('row-7');
    await setting.client.patch(machineKind, 'one', { spec: { locked: true } });
    const both = { targets: ['one', 'nobody'], fields: ['zone' as const] };
    expect((await order('source', 'CloneConfiguration', { clone: both })).message).toMatch(
      /Nothing was copied: one is locked, nobody does not exist/,
    );
  });
});

describe('a machine that is deleted', () => {
  it('goes although its BMC is dead', async () => {
    await newMachine('dead');
    behaviours.set('dead', { stopAt: () => 'Dhcp' });
    await give('dead', 'Test');
    await until('it boots', async () => (await statusOf('dead'))?.bootProgress?.stage !== 'Finished');
    behaviours.set('dead', { failPower: () => ({ reason: 'BmcUnreachable', message: 'no answer' }) });
    await setting.client.delete(machineKind, 'dead');
    await until('it is gone', async () => (await setting.client.get(machineKind, 'dead')) === undefined);
  });

  it('waits, and says why, while an Allocation holds it', async () => {
    await newMachine('kept');
    await setting.client.create(allocationKind, anAllocation('keeper', { constraints: { machine: 'kept' } }));
    await phaseIs('kept', 'Deployed');
    await setting.client.delete(machineKind, 'kept');
    await until('it says why', async () => {
      const deleting = findCondition((await statusOf('kept'))?.conditions, 'Deleting');
      return deleting?.reason === 'Held' && deleting.message.includes('default/keeper');
    });
    await setting.client.delete(allocationKind, 'keeper', { namespace: 'default' });
    await until('it is gone', async () => (await setting.client.get(machineKind, 'kept')) === undefined);
  });
});
