import { createHash } from 'node:crypto';
import type { BootProgress } from '../../../src/api/machine/boot.ts';
import { type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import { machineInventoryKind } from '../../../src/api/machine-inventory/schema.ts';
import { type Clock, systemClock } from '../../../src/domain/clock.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { secrets } from '../../../src/kube/core-resources.ts';
import { isKubeError } from '../../../src/kube/errors.ts';
import { createInformer, type Informer } from '../../../src/kube/informer.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { operatorNamespace } from './setting.ts';
import { nextStage, nextTaskReport } from './stepwise.ts';

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
  /** Power is somebody else's: a real executor with a BMC. */
  leavesPower?: boolean;
  /** How far a machine comes; undefined: all the way. */
  stopAt?: (machine: Machine) => BootProgress['stage'] | undefined;
  /** The installed OS never phones home. */
  isMute?: (machine: Machine) => boolean;
  failTask?: (machine: Machine) => { reason: string; message: string } | undefined;
  failPower?: (machine: Machine) => { reason: string; message: string } | undefined;
  /** Machines are seen at every step of a boot and of their task, one after the other. */
  stepwise?: boolean;
  /** With `stepwise`: the step of the timeline that does not come. */
  stallAt?: (machine: Machine) => string | undefined;
  /** What the racks take the time from. */
  clock?: Clock;
}

/** Nothing comes of a machine that is off, or whose OS runs, before somebody orders something. */
function awaitsSomething({ status }: Machine): boolean {
  const { power, powerState, boot, bootProgress } = status ?? {};
  if (power?.request?.id !== power?.result?.id || power?.result?.outcome === 'Running') return true;
  if (powerState !== 'On') return false;
  const isUp = bootProgress?.generation === boot?.generation && bootProgress?.stage === 'Finished';
  return boot?.target !== 'Disk' || !isUp;
}

/** Plays racks, BMCs, agents and installed systems by writing what they would write, one step a look. */
export async function startSimulatedRack(
  client: KubeClient,
  behaviour: Behaviour = {},
): Promise<SimulatedRack> {
  const { clock = systemClock } = behaviour;
  const now = (): string => new Date(clock.now()).toISOString();
  const machines = createInformer({ client, resource: machineKind, log: silentLogger });
  const journal: RackJournal = { powered: [], tasks: [], phoneHomes: [] };
  /** What the disks of machines hold: the phone-home token, by machine. */
  const installed = new Map<string, string>();
  /** The version of each machine that was written over: until the next one is seen there is nothing to do. */
  const writtenAt = new Map<string, string | undefined>();
  machines.start();
  await machines.synced();
  const stopping = new AbortController();
  const running = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      for (const machine of machines.list()) {
        const { name, resourceVersion } = machine.metadata;
        if (!awaitsSomething(machine) || writtenAt.get(name) === resourceVersion) continue;
        try {
          await step(machine);
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
    const isOpen = result?.id !== request?.id || result?.outcome === 'Running';
    if (request !== undefined && isOpen) {
      if (behaviour.leavesPower === true) return;
      const stall = behaviour.stallAt?.(machine);
      const { id } = request;
      if (stall === 'PowerClaimed') return;
      if (stall === 'PoweredOn' && request.action !== 'Off') {
        if (result?.id === id) return;
        const claimed = { id, rack: 'rack-1', outcome: 'Running', startedAt: now() } as const;
        await write(machine, 'rack-power', { power: { result: claimed } });
        return;
      }
      const failure = behaviour.failPower?.(machine);
      await write(machine, 'rack-power', {
        power: {
          result: {
            id: request.id,
            rack: 'rack-1',
            outcome: failure === undefined ? 'Succeeded' : 'Failed',
            ...failure,
            startedAt: result?.id === request.id ? result.startedAt : now(),
            finishedAt: now(),
          },
        },
        powerState:
          request.action === 'Status'
            ? (status.powerState ?? 'Off')
            : request.action === 'Off'
              ? 'Off'
              : 'On',
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
    if (behaviour.stepwise === true) {
      const stall = behaviour.stallAt?.(machine);
      const bootProgress = nextStage(machine, generation, 'EphemeralOS', stall, now());
      if (bootProgress !== undefined) return await write(machine, 'rack-boot', { bootProgress });
      if (progress?.generation !== generation || progress.stage !== 'Agent') return;
      const taskResult = nextTaskReport(machine, task, stall, now());
      if (taskResult === undefined) return;
      if (taskResult !== 'Done') return await write(machine, 'rack-task', { taskResult });
    }
    if (progress?.generation !== generation) {
      if (stopAt === 'Dhcp') return;
      await report(machine, generation, stopAt ?? 'Agent');
      return;
    }
    if (progress.stage !== 'Agent') return;
    const { name, uid = '' } = machine.metadata;
    if (task.kind === 'Rescue') {
      if (machine.status?.taskResult?.id === task.id) return;
      await write(machine, 'rack-task', {
        taskResult: {
          id: task.id,
          outcome: 'Running',
          step: 'Rescue',
          message: 'SHA256:x',
          updatedAt: now(),
        },
      });
      journal.tasks.push(`${name} ${task.id}`);
      return;
    }
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
    const { taskResult } = machine.status ?? {};
    const steps = taskResult?.id === task.id && taskResult.steps ? { steps: taskResult.steps } : {};
    await write(machine, 'rack-task', {
      taskResult: {
        id: task.id,
        outcome: failure === undefined ? 'Succeeded' : 'Failed',
        ...failure,
        ...steps,
        updatedAt: now(),
      },
    });
    journal.tasks.push(`${name} ${task.id}`);
  }

  async function bootDisk(machine: Machine, generation: number): Promise<void> {
    const { bootProgress, phase } = machine.status ?? {};
    if (bootProgress?.generation !== generation) return;
    if ((phase !== 'Deploying' && phase !== 'Deployed') || behaviour.isMute?.(machine) === true) return;
    const stall = behaviour.stallAt?.(machine);
    if (behaviour.stepwise === true && bootProgress.stage !== 'OsDhcp') {
      const next = nextStage(machine, generation, 'Disk', stall, now());
      if (
        next !== undefined &&
        next.stage !== 'PhonedHome' &&
        (next.stage !== 'Finished' || phase === 'Deployed')
      )
        await write(machine, 'rack-boot', { bootProgress: next });
      return;
    }
    if (stall === 'PhonedHome') return;
    if (bootProgress.stage === 'Agent' || bootProgress.stage === 'OsDhcp') {
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
    const before = machine.status?.bootProgress;
    const seen = before?.generation === generation ? before.seen : undefined;
    const at = now();
    const entry = { stage, at, rack: 'rack-1' };
    const bootProgress = { generation, ...entry, ...(seen === undefined ? {} : { seen: [...seen, entry] }) };
    await write(machine, 'rack-boot', { bootProgress });
  }

  async function write(
    machine: Machine,
    fieldManager: string,
    status: NonNullable<Machine['status']>,
  ): Promise<void> {
    const { name, uid, resourceVersion } = machine.metadata;
    writtenAt.set(name, resourceVersion);
    const written = await client.applyStatus(
      machineKind,
      { metadata: { name, uid, resourceVersion }, status },
      { fieldManager },
    );
    if (written.metadata.resourceVersion === resourceVersion) writtenAt.delete(name);
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
