import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { findCondition, isTrue } from '../../../src/api/conditions.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { expectationOf } from '../../../src/domain/timeline/steps.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import {
  aMachine,
  anAllocation,
  createImage,
  createRack,
  type Operator,
  startOperator,
  until,
} from './setting.ts';
import { type SimulatedRack, startSimulatedRack } from './simulated-rack.ts';

/** Every step of a deployment that may be waited for in vain. */
export const stallable = [
  ...['PowerClaimed', 'PoweredOn', 'Dhcp', 'Loader', 'Kernel', 'Agent', 'TaskStarted', 'Heartbeat'],
  ...['TaskDisk', 'TaskWrite', 'TaskPartitions', 'TaskSeed', 'TaskBootEntry', 'TaskSync'],
  ...['Restarting', 'PhonedHome', 'Finished'],
];

/** A step that does not come, at each of `steps`, told by the operator in front of an API server. */
export function describeLateSteps(
  where: string,
  steps: readonly string[],
  start: () => Promise<{ client: KubeClient; stop(): Promise<void> }>,
): void {
  describe(`a step that does not come, ${where}`, () => {
    /** Of the operator and of the racks; a test moves it on, so that nobody waits. */
    let ahead = 0;
    const clock = { now: () => Date.now() + ahead };
    let setting: Awaited<ReturnType<typeof start>>;
    let operator: Operator;
    let rack: SimulatedRack;
    /** By machine. */
    const stalls = new Map<string, string>();

    beforeAll(async () => {
      setting = await start();
      const { client } = setting;
      await createImage(client, 'debian-12');
      await createRack(client, 'rack-1');
      operator = await startOperator({ client, clock, timings: { settle: 200 } });
      rack = await startSimulatedRack(client, {
        ...{ stepwise: true, clock },
        stallAt: ({ metadata, status }) =>
          status?.task?.kind === 'Install' || status?.phase === 'Deployed'
            ? stalls.get(metadata.name)
            : undefined,
      });
    });
    afterAll(async () => {
      await rack?.stop();
      await operator?.stop();
      await setting?.stop();
    });

    const machine = (name: string) => setting.client.get(machineKind, name);
    const allocation = (name: string) => setting.client.get(allocationKind, name, 'default');
    const lateOf = async (name: string) => findCondition((await machine(name))?.status?.conditions, 'Late');

    /** Moves the clock on, in pieces in which an agent that works is heard, and has the operator look. */
    async function pass(seconds: number, name: string): Promise<void> {
      for (let left = seconds; left > 0; left -= 20) {
        ahead += Math.min(20, left) * 1000;
        const heard = async () => {
          const { taskResult } = (await machine(name))?.status ?? {};
          if (taskResult?.outcome !== 'Running' || stalls.get(name) === 'Heartbeat') return true;
          return clock.now() - Date.parse(taskResult.updatedAt) < 15_000;
        };
        await until(`the agent of ${name} is heard`, heard);
      }
      const annotations = { 'example.org/looked-at': String(ahead) };
      await setting.client.patch(machineKind, name, { metadata: { annotations } });
    }

    it.each(steps)(
      'is named: %s, before the phase fails, on the machine and its Allocation; and it goes on when it comes',
      async (step) => {
        const { client } = setting;
        const name = `stall-${step.toLowerCase()}`;
        stalls.set(name, step);
        await client.create(machineKind, aMachine(name, 2 + stallable.indexOf(step)));
        await until(
          `${name} is Ready`,
          async () => (await machine(name))?.status?.phase === 'Ready',
          () => machine(name),
          60_000,
        );
        await client.create(allocationKind, anAllocation(name, { constraints: { machine: name } }));
        const seen = async () => (await machine(name))?.status;
        const awaited = step === 'Heartbeat' ? 'TaskWrite' : step === 'Restarting' ? 'PhonedHome' : step;
        await until(
          `${step} is awaited`,
          async () => {
            const { timeline, task } = (await seen()) ?? {};
            const isDeployment =
              timeline?.work === 'Install' && (task?.kind === 'Install' || step === 'Finished');
            return isDeployment && timeline.awaited === awaited;
          },
          seen,
        );
        expect((await lateOf(name))?.status).toBe('False');
        const { late } = expectationOf(step, 'BIOS');
        await pass(Number(late) + 1, name);
        await until(`${step} is late`, async () => (await lateOf(name))?.reason === `Late${step}`, seen);
        const status = await seen();
        expect(status?.phase).toBe(step === 'Finished' ? 'Deployed' : 'Deploying');
        expect((await lateOf(name))?.message).toMatch(
          /^Late: .*[.] Awaited since .*Last heard: .+[.] To look at: .+[.]$/,
        );
        await until(
          'its Allocation says so',
          async () => {
            const own = (await allocation(name))?.status?.conditions;
            return (
              findCondition(own, 'Late')?.reason === `Late${step}` &&
              findCondition(own, 'Ready')?.message.includes('Last heard') === true
            );
          },
          seen,
        );
        if (process.env.METALWRIGHT_SHOW !== undefined) console.log((await lateOf(name))?.message);
        stalls.delete(name);
        const isReady = async () => isTrue((await allocation(name))?.status?.conditions, 'Ready');
        await until(`${name} is deployed`, isReady, seen);
        await until(`${name} is late no more`, async () => (await lateOf(name))?.status === 'False', seen);
      },
    );
  });
}
