import { createHash } from 'node:crypto';
import { type BootProgress, type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import { machineInventoryKind } from '../../../src/api/machine-inventory/schema.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { secrets } from '../../../src/kube/core-resources.ts';
import { isKubeError } from '../../../src/kube/errors.ts';
import { createInformer, type Informer } from '../../../src/kube/informer.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { operatorNamespace } from './setting.ts';

/** What the simulated rack did, to be looked at afterwards. */
export interface RackJournal {
  /** Every power request that was carried out, `machine id action`. */
  powered: string[];
  /** Every task that was carried out, `machine id`. */
  tasks: string[];
  /** Whether the token that the installed OS was given is the one whose hash is known: `machine ok` or `machine wrong`. */
  phoneHomes: string[];
}

export interface SimulatedRack {
  journal: RackJournal;
  machines: Informer<Machine>;
  stop(): Promise<void>;
}

/** How a test has the rack and its machines behave. */
export interface Behaviour {
  /** How far a machine comes; undefined: all the way. */
  stopAt?: (machine: Machine) => BootProgress['stage'] | undefined;
  /** The installed OS never phones home. */
  isMute?: (machine: Machine) => boolean;
  failTask?: (machine: Machine) => { reason: string; message: string } | undefined;
  failPower?: (machine: Machine) => { reason: string; message: string } | undefined;
}

const now = (): string => new Date().toISOString();

/** Plays racks, BMCs, agents and installed systems by writing what they would write, one step a look. */
export async function startSimulatedRack(
  client: KubeClient,
  behaviour: Behaviour = {},
): Promise<SimulatedRack> {
  const machines = createInformer({ client, resource: machineKind, log: silentLogger });
  const journal: RackJournal = { powered: [], tasks: [], phoneHomes: [] };
  /** What the disks of machines hold: the phone-home token, by machine. */
  const installed = new Map<string, string>();
  machines.start();
  await machines.synced();
  const stopping = new AbortController();
  const running = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      for (const { metadata } of machines.list()) {
        try {
          const machine = await client.get(machineKind, metadata.name);
          if (machine !== undefined) await step(machine);
        } catch (error) {
          if (!isKubeError(error, 'Conflict', 'NotFound')) throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  async function step(machine: Machine): Promise<void> {
    const status = machine.status ?? {};
    const { request, result } = status.power ?? {};
    if (request !== undefined && result?.id !== request.id) {
      const failure = behaviour.failPower?.(machine);
      await write(machine, 'rack-power', {
        power: {
          result: {
            id: request.id,
            rack: 'rack-1',
            outcome: failure === undefined ? 'Succeeded' : 'Failed',
            ...failure,
            startedAt: now(),
            finishedAt: now(),
          },
        },
        powerState: request.action === 'Off' ? 'Off' : 'On',
      });
      journal.powered.push(`${machine.metadata.name} ${request.id} ${request.action}`);
      return;
    }
    if (status.powerState !== 'On') return;
    const { boot, task, taskResult } = status;
    if (boot === undefined) return;
    const ended = task !== undefined && taskResult?.id === task.id && taskResult.outcome !== 'Running';
    if (boot.target === 'EphemeralOS' && task !== undefined && !ended)
      await work(machine, task, boot.generation);
    else if (boot.target === 'Disk' && status.phase !== undefined) await bootDisk(machine, boot.generation);
  }

  async function work(
    machine: Machine,
    task: NonNullable<NonNullable<Machine['status']>['task']>,
    generation: number,
  ): Promise<void> {
    const stopAt = behaviour.stopAt?.(machine);
    const progress = machine.status?.bootProgress;
    if (progress?.generation !== generation) {
      if (stopAt === 'Dhcp') return;
      await report(machine, generation, stopAt ?? 'Agent');
      return;
    }
    if (progress.stage !== 'Agent') return;
    const { name, uid = '' } = machine.metadata;
    if (task.kind === 'Inventory') {
      const ownerReferences = [{ apiVersion: machine.apiVersion, kind: 'Machine', name, uid }];
      await client.apply(
        machineInventoryKind,
        { metadata: { name, ownerReferences }, collectedAt: now(), hardware: inventory },
        { fieldManager: 'rack-inventory' },
      );
    }
    const failure = behaviour.failTask?.(machine);
    if (task.kind === 'Install' && failure === undefined) {
      const secret = await client.get(secrets, task.secret ?? '', operatorNamespace);
      const token = Buffer.from(secret?.data?.phoneHomeToken ?? '', 'base64').toString();
      installed.set(name, token);
    }
    await write(machine, 'rack-task', {
      taskResult: {
        id: task.id,
        outcome: failure === undefined ? 'Succeeded' : 'Failed',
        ...failure,
        updatedAt: now(),
      },
    });
    journal.tasks.push(`${name} ${task.id}`);
  }

  async function bootDisk(machine: Machine, generation: number): Promise<void> {
    const { bootProgress, phase } = machine.status ?? {};
    if (bootProgress?.generation !== generation) return;
    if ((phase !== 'Deploying' && phase !== 'Deployed') || behaviour.isMute?.(machine) === true) return;
    if (bootProgress.stage === 'Agent') {
      const hash = createHash('sha256')
        .update(installed.get(machine.metadata.name) ?? '')
        .digest('hex');
      const right = hash === machine.status?.phoneHomeTokenHash;
      if (right) await report(machine, generation, 'PhonedHome');
      journal.phoneHomes.push(`${machine.metadata.name} ${right ? 'ok' : 'wrong'}`);
    } else if (bootProgress.stage === 'PhonedHome' && phase === 'Deployed')
      await report(machine, generation, 'Finished');
  }

  async function report(machine: Machine, generation: number, stage: BootProgress['stage']): Promise<void> {
    await write(machine, 'rack-boot', { bootProgress: { generation, stage, at: now(), rack: 'rack-1' } });
  }

  async function write(
    machine: Machine,
    fieldManager: string,
    status: NonNullable<Machine['status']>,
  ): Promise<void> {
    const { name, uid, resourceVersion } = machine.metadata;
    await client.applyStatus(
      machineKind,
      { metadata: { name, uid, resourceVersion }, status },
      { fieldManager },
    );
  }

  return {
    journal,
    machines,
    async stop() {
      stopping.abort();
      await running;
      await machines.stop();
    },
  };
}

const inventory = {
  system: { vendor: 'Acme' },
  firmware: { mode: 'BIOS' as const },
  cpus: [{ socket: 0, cores: 2, threads: 2 }],
  numaNodes: [],
  memory: { totalMiB: 2048, dimms: [] },
  nics: [{ name: 'eth0', mac: '52:54:00:00:00:01', link: true }],
  disks: [
    {
      name: 'sda',
      path: '/dev/sda',
      sizeBytes: 10_000_000_000,
      kind: 'SSD' as const,
      rotational: false,
      removable: false,
      logicalBlockBytes: 512,
    },
  ],
  pci: [],
  usb: [],
  gpus: [],
};
