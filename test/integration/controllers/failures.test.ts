import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { findCondition, isTrue } from '../../../src/api/conditions.ts';
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

let setting: Setting;
let operator: Operator;
let rack: SimulatedRack;
/** By machine, so that each test has its own. */
const behaviours = new Map<string, Behaviour>();

beforeAll(async () => {
  setting = await startSetting();
  await createImage(setting.client, 'debian-12');
  await createRack(setting.client, 'rack-1');
  const timings = { power: 4_000, boot: 4_000, firstBoot: 4_000, recheck: 100 };
  operator = await startOperator({ client: setting.client, timings });
  rack = await startSimulatedRack(setting.client, {
    isMute: (machine) => behaviours.get(machine.metadata.name)?.isMute?.(machine) === true,
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

async function newMachine(name: string, behaviour: Behaviour = {}): Promise<void> {
  behaviours.set(name, behaviour);
  await setting.client.create(machineKind, aMachine(name, ++machines));
}

const statusOf = async (name: string) => (await setting.client.get(machineKind, name))?.status;
const phaseIs = (name: string, phase: string): Promise<void> =>
  until(
    `${name} is ${phase}`,
    async () => (await statusOf(name))?.phase === phase,
    () => statusOf(name),
    60_000,
  );

async function order(name: string, machine: string, action: MachineActionSpec['action']): Promise<string> {
  await setting.client.create(machineActionKind, { metadata: { name }, spec: { machine, action } });
  const read = () => setting.client.get(machineActionKind, name);
  const ended = ['Succeeded', 'Failed', 'Refused'];
  await until(`${name} ended`, async () => ended.includes((await read())?.status?.phase ?? ''), read);
  return (await read())?.status?.phase ?? '';
}

/** The deployment of an Allocation on a machine, as far as it comes. */
async function allocate(name: string, machine: string): Promise<void> {
  await setting.client.create(allocationKind, anAllocation(name, { constraints: { machine } }));
}
const allocation = (name: string) => setting.client.get(allocationKind, name, 'default');

describe('a machine that fails', () => {
  it('to boot is CommissioningFailed for the last thing seen, switched off, and recovers by an action', async () => {
    const behaviour: Behaviour = { stopAt: () => 'Loader' };
    await newMachine('boot', behaviour);
    await phaseIs('boot', 'CommissioningFailed');
    const status = await statusOf('boot');
    expect(status?.failure?.reason).toBe('NoKernel');
    expect(status?.boot?.target).toBe('Disk');
    await until('it is off', async () => (await statusOf('boot'))?.powerState === 'Off');
    behaviours.set('boot', {});
    expect(await order('again', 'boot', 'Commission')).toBe('Succeeded');
    await phaseIs('boot', 'Ready');
    expect((await statusOf('boot'))?.failure).toBeUndefined();
  });

  it('at its BMC says so in the words of the BMC', async () => {
    await newMachine('bmc', {
      failPower: () => ({ reason: 'BmcAuthenticationFailed', message: 'HTTP 401' }),
    });
    await phaseIs('bmc', 'CommissioningFailed');
    const { reason, message } = (await statusOf('bmc'))?.failure ?? {};
    expect(reason).toBe('BmcAuthenticationFailed');
    expect(message).toContain('HTTP 401');
    expect(message).toContain('credentials Secret');
  });

  it('to install shows it on its Allocation, and is erased and Ready when that is deleted', async () => {
    await newMachine('disk');
    await phaseIs('disk', 'Ready');
    behaviours.set('disk', {
      failTask: ({ status }) =>
        status?.task?.kind === 'Install'
          ? { reason: 'ImageTooLarge', message: '9 GB on a disk of 8 GB' }
          : undefined,
    });
    await allocate('large', 'disk');
    await until('the Allocation is Stalled', async () =>
      isTrue((await allocation('large'))?.status?.conditions, 'Stalled'),
    );
    expect((await allocation('large'))?.status?.phase).toBe('Failed');
    const ready = findCondition((await allocation('large'))?.status?.conditions, 'Ready');
    expect(ready?.reason).toBe('ImageTooLarge');
    expect(ready?.message).toContain('9 GB on a disk of 8 GB');
    await setting.client.delete(allocationKind, 'large', { namespace: 'default' });
    await until('the Allocation is gone', async () => (await allocation('large')) === undefined);
    await phaseIs('disk', 'Ready');
    expect(rack.journal.tasks.filter((task) => task.startsWith('disk '))).toEqual([
      'disk g1-inventory',
      'disk g2-install',
      'disk g3-erase',
    ]);
  });

  it('to say that its installed OS runs is DeploymentFailed, and its Allocation can be deleted', async () => {
    await newMachine('mute');
    await phaseIs('mute', 'Ready');
    behaviours.set('mute', { isMute: () => true });
    await allocate('mute', 'mute');
    await phaseIs('mute', 'DeploymentFailed');
    const { failure, powerState } = (await statusOf('mute')) ?? {};
    expect([failure?.reason, powerState]).toEqual(['DeployedOsSilent', 'On']);
    await setting.client.delete(allocationKind, 'mute', { namespace: 'default' });
    behaviours.set('mute', {});
    await phaseIs('mute', 'Ready');
  });

  it('to erase keeps out of the pool until an action releases it', async () => {
    await newMachine('worn');
    await phaseIs('worn', 'Ready');
    await allocate('tenant', 'worn');
    await until('it is deployed', async () =>
      isTrue((await allocation('tenant'))?.status?.conditions, 'Ready'),
    );
    expect(await order('steal', 'worn', 'Commission')).toBe('Refused');
    expect(await order('break', 'worn', 'MarkBroken')).toBe('Succeeded');
    expect(await order('mend', 'worn', 'MarkFixed')).toBe('Succeeded');
    await phaseIs('worn', 'Deployed');
    behaviours.set('worn', {
      failTask: ({ status }) =>
        status?.task?.kind === 'Erase' ? { reason: 'EraseFailed', message: 'sda: I/O error' } : undefined,
    });
    await setting.client.delete(allocationKind, 'tenant', { namespace: 'default' });
    await phaseIs('worn', 'EraseFailed');
    await until(
      'the Allocation is gone all the same',
      async () => (await allocation('tenant')) === undefined,
    );
    expect(await order('commission', 'worn', 'Commission')).toBe('Refused');
    behaviours.set('worn', {});
    expect(await order('release', 'worn', 'Release')).toBe('Succeeded');
    await phaseIs('worn', 'Ready');
    expect(rack.journal.tasks.filter((task) => task.startsWith('worn ')).at(-1)).toBe('worn g5-erase');
  });
});

describe('power by an action', () => {
  it('is carried out once, and the action tells its end', async () => {
    await newMachine('lamp');
    await phaseIs('lamp', 'Ready');
    expect(await order('lamp-on', 'lamp', 'PowerOn')).toBe('Succeeded');
    expect(await order('lamp-off', 'lamp', 'PowerOff')).toBe('Succeeded');
    const uid = async (name: string) => (await setting.client.get(machineActionKind, name))?.metadata.uid;
    expect(rack.journal.powered.filter((entry) => entry.startsWith('lamp ')).slice(-2)).toEqual([
      `lamp ${await uid('lamp-on')} On`,
      `lamp ${await uid('lamp-off')} Off`,
    ]);
  });
});

describe('an Allocation that cannot be served', () => {
  it.each([
    ['says which constraint took out the machines', { constraints: { cores: 64 } }, 'NoMachineFits', /cores/],
    ['says that there is no such image', { image: 'beos' }, 'ImageNotFound', /beos/],
  ])('%s', async (_, spec, reason, message) => {
    const name = reason.toLowerCase();
    await setting.client.create(allocationKind, anAllocation(name, spec));
    const ready = async () => findCondition((await allocation(name))?.status?.conditions, 'Ready');
    await until(`its reason is ${reason}`, async () => (await ready())?.reason === reason, ready);
    expect((await ready())?.message).toMatch(message);
    await setting.client.delete(allocationKind, name, { namespace: 'default' });
    await until('it goes', async () => (await allocation(name)) === undefined);
  });
});

describe('a status that was lost', () => {
  it('is found again: the machine of an Allocation is Deployed, and was not touched', async () => {
    await newMachine('lost');
    await phaseIs('lost', 'Ready');
    await allocate('keeper', 'lost');
    await until('it is deployed', async () =>
      isTrue((await allocation('keeper'))?.status?.conditions, 'Ready'),
    );
    const doneBefore = rack.journal.powered.filter((entry) => entry.startsWith('lost ')).length;
    await operator.stop();
    await rack.stop();
    await loseStatus('lost');
    operator = await startOperator({ client: setting.client });
    rack = await startSimulatedRack(setting.client);
    await until(
      'it is held again',
      async () =>
        (await statusOf('lost'))?.allocation?.name === 'keeper' &&
        (await statusOf('lost'))?.phase === 'Deployed',
      () => statusOf('lost'),
    );
    await until(
      'the Allocation is Ready',
      async () => isTrue((await allocation('keeper'))?.status?.conditions, 'Ready'),
      () => allocation('keeper'),
    );
    expect(doneBefore).toBeGreaterThan(0);
    expect(rack.journal.powered.filter((entry) => entry.startsWith('lost '))).toEqual([]);
  });
});

/** What a restore does that knows of no status. */
async function loseStatus(name: string): Promise<void> {
  const status: Record<string, null> = {};
  for (const key of Object.keys((await statusOf(name)) ?? {})) status[key] = null;
  await setting.client.patchStatus(machineKind, name, { status });
}

describe('a quiet minute', () => {
  it('writes nothing', async () => {
    const versions = async () =>
      [
        ...(await setting.client.list(machineKind)).items,
        ...(await setting.client.list(allocationKind)).items,
      ].map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
    let before: string[] = [];
    await until(
      'everything is at rest',
      async () => {
        const last = before;
        before = await versions();
        return last.join() === before.join();
      },
      () => before,
      30_000,
      2_000,
    );
    await operator.stop();
    operator = await startOperator({ client: setting.client });
    // A new leader looks at everything once; a second is many of its rounds.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await versions()).toEqual(before);
  });
});
