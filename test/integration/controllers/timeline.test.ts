import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { findCondition, isTrue } from '../../../src/api/conditions.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import type { StepMeasure } from '../../../src/controllers/machine/decision.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { createEventRecorder, type EventRecorder } from '../../../src/kube/events.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { describeLateSteps } from './late-steps.ts';
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
import { type SimulatedRack, startSimulatedRack } from './simulated-rack.ts';

const kubectl = promisify(execFile);

let setting: Setting;
let operator: Operator;
let rack: SimulatedRack;
let events: EventRecorder;
const measures: StepMeasure[] = [];

beforeAll(async () => {
  setting = await startSetting();
  const { client } = setting;
  await createImage(client, 'debian-12');
  await createRack(client, 'rack-1');
  events = createEventRecorder({
    ...{ client, component: 'metalwright.dev/operator' },
    ...{ clock: systemClock, log: silentLogger },
  });
  const steps = { stepped: (measure: StepMeasure) => measures.push(measure) };
  operator = await startOperator({ client, events, steps, timings: { settle: 200 } });
  rack = await startSimulatedRack(client, { stepwise: true });
});
afterAll(async () => {
  await rack?.stop();
  await operator?.stop();
  await events?.stop();
  await setting?.stop();
});

const machine = (name: string) => setting.client.get(machineKind, name);
const allocation = (name: string) => setting.client.get(allocationKind, name, 'default');
const lateOf = async (name: string) => findCondition((await machine(name))?.status?.conditions, 'Late');
const phaseIs = (name: string, phase: string) =>
  until(
    `${name} is ${phase}`,
    async () => (await machine(name))?.status?.phase === phase,
    async () => (await machine(name))?.status,
    60_000,
  );

const commissioned = [
  ...['PowerRequested', 'PowerClaimed', 'PoweredOn', 'Dhcp', 'Loader', 'Kernel', 'Network', 'Agent'],
  ...['TaskHardware', 'TaskNeighbours', 'TaskEnded', 'PowerOffRequested', 'PowerOffClaimed', 'PoweredOff'],
];
const deployed = [
  ...['PowerRequested', 'PowerClaimed', 'PoweredOn', 'Dhcp', 'Loader', 'Kernel', 'Network', 'Agent'],
  ...['TaskDisk', 'TaskWrite', 'TaskPartitions', 'TaskSeed', 'TaskBootEntry', 'TaskSync', 'TaskEnded'],
  ...['Restarting', 'Restarted', 'OsDhcp', 'PhonedHome', 'Finished'],
];

describe('the timeline of a machine on a real API server', () => {
  it('has every step of a deployment, in the status, as Events in their order, and in the histograms', async () => {
    const { client, kubeconfigPath } = setting;
    await client.create(machineKind, aMachine('story', 1));
    await phaseIs('story', 'Ready');
    const stepsAre = (steps: string[]) =>
      until(
        'the timeline is whole',
        async () =>
          (await machine('story'))?.status?.timeline?.steps.map(({ step }) => step).join() === steps.join(),
        async () => (await machine('story'))?.status?.timeline,
      );
    await stepsAre(commissioned);
    await client.create(allocationKind, anAllocation('story', { constraints: { machine: 'story' } }));
    await until('it is Ready', async () => isTrue((await allocation('story'))?.status?.conditions, 'Ready'));
    await stepsAre(deployed);
    const { timeline } = (await machine('story'))?.status ?? {};
    expect(timeline).toMatchObject({ generation: 2, work: 'Install' });
    expect(timeline?.awaited).toBeUndefined();
    const times = timeline?.steps.map(({ at }) => Date.parse(at)) ?? [];
    // What the operator writes itself is to the second.
    expect(times.slice(1)).toEqual(times.slice(1).sort((a, b) => a - b));
    expect(await lateOf('story')).toMatchObject({ status: 'False', reason: 'NothingAwaited' });
    expect((await lateOf('story'))?.message).toMatch(/^Install, boot 2: .+[.]$/);
    const told = measures.filter(({ phase }) => phase === 'Deploying').map(({ step }) => step);
    expect(new Set(told).size).toBe(told.length);
    expect(deployed).toEqual(expect.arrayContaining(told));

    const describeIt = async () =>
      (await kubectl('kubectl', ['--kubeconfig', kubeconfigPath, 'describe', 'machine', 'story'])).stdout;
    const reasons = async () => {
      const [, table = ''] = (await describeIt()).split('\nEvents:');
      return table
        .split('\n')
        .filter((line) => line.includes(', boot 2:'))
        .map((line) => line.trim().split(/\s+/)[1]);
    };
    await until('all Events are there', async () => (await reasons()).length === deployed.length, reasons);
    expect(await reasons()).toEqual(deployed);
    if (process.env.METALWRIGHT_SHOW !== undefined) console.log(await describeIt());
  });
});

describeLateSteps('on a real API server', ['Dhcp', 'PhonedHome'], startSetting);
