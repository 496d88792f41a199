import { type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import type { MachineTimings } from '../../../src/controllers/machine/timings.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { isKubeError } from '../../../src/kube/errors.ts';
import { aMachine, createImage, createRack, type Operator, startOperator } from '../controllers/setting.ts';
import { type Behaviour, type SimulatedRack, startSimulatedRack } from '../controllers/simulated-rack.ts';
import { type Recording, startRecording } from './recording.ts';

export const machineNames = ['m1', 'm2', 'm3'] as const;
export type MachineName = (typeof machineNames)[number];

/** What is wrong with a machine or its rack, until it is repaired. */
export type Fault = 'TaskFails' | 'PowerFails' | 'NeverBoots' | 'NeverPhonesHome';

/** A few machines, their rack, and the operators that run now, over a real API server. */
export interface World {
  client: KubeClient;
  faults: Map<string, Fault>;
  rack: SimulatedRack;
  recording: Recording;
  /** Names that were given to MachineActions, so that each has its own. */
  orders: number;
  edits: { accepted: number; refused: number; restarts: number };
  /** Counts an edit; one that the API server refuses has changed nothing. */
  edit(write: () => Promise<unknown>): Promise<void>;
  /** Another operator takes over, while the first one still runs or only after it has stopped. */
  restart(overlapping: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Long beside the steps of the simulated rack; short, because every one of them is waited for when something never comes. */
const timings: Partial<MachineTimings> = {
  ...{ power: 2_500, boot: 2_500, agentSilence: 2_500, commission: 5_000, test: 5_000, rescue: 4_000 },
  ...{ install: 5_000, firstBoot: 2_500, cloudInit: 2_500, erase: 5_000, image: 2_500, rack: 2_500 },
  ...{ delete: 2_500, recheck: 50 },
};

/** The spec that a machine begins with, and has again after everything was reversed. */
export function originalSpec(name: MachineName): Machine['spec'] {
  const { spec } = aMachine(name, machineNames.indexOf(name) + 1);
  return { zone: 'default', pool: 'default', tags: [], locked: false, maintenance: false, ...spec };
}

export async function createWorld(client: KubeClient): Promise<World> {
  await createImage(client, 'debian-12');
  await createRack(client, 'rack-1');
  const faults = new Map<string, Fault>();
  const has = (fault: Fault, { metadata }: Machine): boolean => faults.get(metadata.name) === fault;
  const behaviour: Behaviour = {
    failTask: (machine) =>
      has('TaskFails', machine) ? { reason: 'AgentFailed', message: 'a test' } : undefined,
    failPower: (machine) =>
      has('PowerFails', machine) ? { reason: 'BmcUnreachable', message: 'a test' } : undefined,
    stopAt: (machine) => (has('NeverBoots', machine) ? 'Dhcp' : undefined),
    isMute: (machine) => has('NeverPhonesHome', machine),
  };
  const recording = await startRecording(client);
  const rack = await startSimulatedRack(client, behaviour);
  let operator: Operator = await startOperator({ client, timings });
  for (const name of machineNames)
    await client.create(machineKind, { metadata: { name }, spec: originalSpec(name) });
  const edits = { accepted: 0, refused: 0, restarts: 0 };
  return {
    ...{ client, faults, rack, recording, edits },
    orders: 0,
    async edit(write) {
      try {
        await write();
        edits.accepted++;
      } catch (error) {
        if (!isKubeError(error, 'Conflict', 'NotFound', 'AlreadyExists', 'Invalid')) throw error;
        edits.refused++;
      }
    },
    async restart(overlapping) {
      edits.restarts++;
      const before = operator;
      if (!overlapping) await before.stop();
      operator = await startOperator({ client, timings });
      if (overlapping) await before.stop();
    },
    async stop() {
      await operator.stop();
      await rack.stop();
      await recording.stop();
    },
  };
}
