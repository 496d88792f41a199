import { type Allocation, allocationKind } from '../../../api/allocation/schema.ts';
import { allocationQuotaKind } from '../../../api/allocation-quota/schema.ts';
import { bootImageKind } from '../../../api/boot-image/schema.ts';
import { chassisKind } from '../../../api/chassis/schema.ts';
import { ipAddressKind } from '../../../api/ip-address/schema.ts';
import { type Machine, machineKind } from '../../../api/machine/schema.ts';
import type { MachineStatus } from '../../../api/machine/status.ts';
import type { BootStage } from '../../../api/machine/timeline.ts';
import { machineActionKind } from '../../../api/machine-action/schema.ts';
import { machineInventoryKind } from '../../../api/machine-inventory/schema.ts';
import { rackKind } from '../../../api/rack/schema.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { KubeError } from '../../../kube/errors.ts';
import { silentLogger } from '../../../log/logger.ts';
import { reconcileAllocation, runRound } from '../../allocation/controller.ts';
import { reconcileAction } from '../../machine-action/controller.ts';
import { reconcileMachine } from '../controller.ts';
import { defaultMachineTimings } from '../timings.ts';
import { anImage, testNow } from './builders.ts';
import { createFakeCluster, createFakeInformer, type FakeCluster } from './fake-cluster.ts';

/** One process with caches of its own; several may believe to lead. */
export interface FakeOperator {
  caches: Record<string, { refresh(): void }>;
  /** Brings all caches up to date. */
  refresh(): void;
  /** One reconcile of each controller. `writesLeft`: the process dies after so many writes. Answers the earliest requeue. */
  machine(writesLeft?: number): Promise<number | undefined>;
  allocations(writesLeft?: number): Promise<void>;
  actions(writesLeft?: number): Promise<void>;
}

/** A cluster with one machine `m1`, a rack and an image. Time stands still unless it is moved. */
export interface FakeWorld {
  cluster: FakeCluster;
  now(): number;
  advance(ms: number): void;
  machine(): Machine | undefined;
  allocations(): Allocation[];
  operator(): FakeOperator;
  /** The rack and the machine go one step on. Ids of power requests that were carried out are kept. */
  rack(outcome: 'Succeeded' | 'Failed'): Promise<void>;
  /** Every power request that a rack carried out, by id. */
  powered: string[];
  /** Every task that an agent carried out, by id. */
  tasks: string[];
}

export async function createFakeWorld(): Promise<FakeWorld> {
  let time = testNow;
  const now = (): number => time;
  const cluster = createFakeCluster(now);
  const { client } = cluster;
  const image = anImage();
  await client.create(bootImageKind, { metadata: image.metadata, spec: image.spec });
  await client.applyStatus(
    bootImageKind,
    { metadata: { name: image.metadata.name }, status: image.status ?? {} },
    { fieldManager: 'test' },
  );
  await client.create(rackKind, { metadata: { name: 'r1' }, spec: {} });
  await client.applyStatus(
    rackKind,
    { metadata: { name: 'r1' }, status: { httpUrl: 'http://192.0.2.7' } },
    { fieldManager: 'test' },
  );
  const world: FakeWorld = {
    cluster,
    now,
    advance(ms) {
      time += ms;
    },
    machine: () => cluster.list(machineKind)[0],
    allocations: () => cluster.list(allocationKind),
    operator: () => createOperator(cluster, now),
    rack: (outcome) => rackStep(world, outcome),
    powered: [],
    tasks: [],
  };
  return world;
}

function createOperator(cluster: FakeCluster, now: () => number): FakeOperator {
  const caches = {
    machines: createFakeInformer(cluster, machineKind, {
      allocation: ({ status }) =>
        status?.allocation === undefined ? [] : [`${status.allocation.namespace}/${status.allocation.name}`],
    }),
    inventories: createFakeInformer(cluster, machineInventoryKind),
    quotas: createFakeInformer(cluster, allocationQuotaKind, {
      namespace: ({ metadata }) => (metadata.namespace === undefined ? [] : [metadata.namespace]),
    }),
    allocations: createFakeInformer(cluster, allocationKind, {
      machine: ({ status }) => (status?.machine === undefined ? [] : [status.machine]),
      image: ({ spec }) => [spec.image],
    }),
    images: createFakeInformer(cluster, bootImageKind),
    addresses: createFakeInformer(cluster, ipAddressKind, {
      machine: ({ spec }) => [spec.machine ?? ''],
      mac: ({ spec }) => [spec.mac ?? ''],
    }),
    actions: createFakeInformer(cluster, machineActionKind, { machine: ({ spec }) => [spec.machine ?? ''] }),
    racks: createFakeInformer(cluster, rackKind),
    chassis: createFakeInformer(cluster, chassisKind),
  };
  let randoms = 0;
  const deps = (writesLeft: number) => ({
    client: mortal(cluster.client, writesLeft),
    informers: caches,
    events: { event() {}, stop: async () => {} },
    clock: { now },
    log: silentLogger,
    fence: { assertHeld() {} },
    namespace: 'metalwright',
    timings: defaultMachineTimings,
    randomBytes: (size: number) => new Uint8Array(size).fill(++randoms),
  });
  const all = Object.values(caches);
  return {
    caches,
    refresh() {
      for (const cache of all) cache.refresh();
    },
    async machine(writesLeft = Number.POSITIVE_INFINITY) {
      return (await tolerate(() => reconcileMachine('m1', deps(writesLeft))))?.requeueAfterMs;
    },
    async allocations(writesLeft = Number.POSITIVE_INFINITY) {
      const dying = deps(writesLeft);
      const keys = new Set(['default/a', 'default/b']);
      let round = false;
      for (const key of keys) {
        await tolerate(() =>
          reconcileAllocation(key, dying, () => {
            round = true;
          }),
        );
      }
      if (round) await tolerate(() => runRound(dying));
    },
    async actions(writesLeft = Number.POSITIVE_INFINITY) {
      const dying = deps(writesLeft);
      for (const { metadata } of caches.actions.list()) {
        await tolerate(() => reconcileAction(metadata.name, dying));
      }
    },
  };
}

/** What a controller would try again is over for now; anything else is a fault. */
async function tolerate<R>(run: () => Promise<R>): Promise<R | undefined> {
  try {
    return await run();
  } catch (error) {
    if (
      error instanceof KubeError ||
      (error instanceof Error && 'code' in error && error.code === 'ForeignSeed')
    ) {
      return undefined;
    }
    throw error;
  }
}

/** Dies after so many writes: the answer of the last one never arrives. */
function mortal(client: KubeClient, writesLeft: number): KubeClient {
  let left = writesLeft;
  const write = async <R>(request: () => Promise<R>): Promise<R> => {
    if (left <= 0) throw new KubeError('Stopped', 'dead');
    left--;
    const answer = await request();
    if (left <= 0) throw new KubeError('Stopped', 'dead');
    return answer;
  };
  return {
    ...client,
    create: (...args) => write(() => client.create(...args)),
    apply: (...args) => write(() => client.apply(...args)),
    applyStatus: (...args) => write(() => client.applyStatus(...args)),
    delete: (...args) => write(() => client.delete(...args)),
  };
}

/** Plays rack, BMC, agent and installed OS: the next thing that would happen. */
async function rackStep(world: FakeWorld, outcome: 'Succeeded' | 'Failed'): Promise<void> {
  const status = world.machine()?.status;
  if (status === undefined) return;
  const { power, boot, powerState } = status;
  if (power?.request !== undefined && power.result?.id !== power.request.id) {
    await switchPower(world, power.request, powerState ?? 'Off', outcome);
  } else if (powerState === 'On' && boot !== undefined) {
    await runMachine(world, status, boot, outcome);
  }
}

type Of<K extends keyof MachineStatus> = NonNullable<MachineStatus[K]>;

async function writeStatus(world: FakeWorld, fieldManager: string, status: MachineStatus): Promise<void> {
  await world.cluster.client.applyStatus(machineKind, { metadata: { name: 'm1' }, status }, { fieldManager });
}

async function switchPower(
  world: FakeWorld,
  { id, action }: NonNullable<Of<'power'>['request']>,
  before: Of<'powerState'>,
  outcome: 'Succeeded' | 'Failed',
): Promise<void> {
  const at = new Date(world.now()).toISOString();
  world.powered.push(id);
  const result = { id, rack: 'r1', outcome, startedAt: at, finishedAt: at };
  const isLook = action === 'Status' || outcome === 'Failed';
  const powerState = isLook ? before : action === 'Off' ? 'Off' : 'On';
  await writeStatus(world, 'rack-power', { power: { result }, powerState });
}

/** What a machine is seen at, one after the other. */
const bootStages: readonly BootStage[] = ['Dhcp', 'Loader', 'Kernel', 'Agent', 'PhonedHome', 'Finished'];

async function runMachine(
  world: FakeWorld,
  { bootProgress, task, taskResult, phase }: MachineStatus,
  { generation, target }: Of<'boot'>,
  outcome: 'Succeeded' | 'Failed',
): Promise<void> {
  const at = new Date(world.now()).toISOString();
  const seen = bootProgress?.generation === generation ? bootStages.indexOf(bootProgress.stage) : -1;
  const isInstalled = phase === 'Deploying' || phase === 'Deployed';
  if (target === 'EphemeralOS' ? seen < 3 : isInstalled && seen >= 3 && seen < 5) {
    const stage = bootStages[seen + 1] ?? 'Dhcp';
    await writeStatus(world, 'rack-boot', { bootProgress: { generation, stage, at, rack: 'r1' } });
    return;
  }
  if (target === 'Disk' || task?.generation !== generation) return;
  const report = (of: 'Running' | 'Succeeded' | 'Failed'): Promise<void> =>
    writeStatus(world, 'rack-task', { taskResult: { id: task.id, outcome: of, updatedAt: at } });
  if (taskResult?.id !== task.id) {
    world.tasks.push(task.id);
    await report('Running');
  } else if (task.kind === 'Rescue') {
    const taskResult = { id: task.id, outcome: 'Running', step: 'Rescue', updatedAt: at } as const;
    await writeStatus(world, 'rack-task', { taskResult });
  } else if (taskResult.outcome === 'Running') {
    if (task.kind === 'Inventory') await storeInventory(world);
    await report(outcome);
  }
}

async function storeInventory({ cluster, machine }: FakeWorld): Promise<void> {
  const uid = machine()?.metadata.uid ?? '';
  const ownerReferences = [{ apiVersion: 'metalwright.dev/v1alpha1', kind: 'Machine', name: 'm1', uid }];
  if (cluster.list(machineInventoryKind).length > 0) return;
  await cluster.client.create(machineInventoryKind, {
    metadata: { name: 'm1', ownerReferences },
    collectedAt: '2026-03-01T12:00:00Z',
    hardware: {
      system: {},
      firmware: { mode: 'BIOS' },
      cpus: [{ socket: 0, cores: 2, threads: 2 }],
      numaNodes: [],
      memory: { totalMiB: 2048, dimms: [] },
      nics: [],
      disks: [
        {
          name: 'sda',
          path: '/dev/sda',
          sizeBytes: 10_000_000_000,
          kind: 'SSD',
          rotational: false,
          removable: false,
          logicalBlockBytes: 512,
        },
      ],
      pci: [],
      usb: [],
      gpus: [],
    },
  });
}
