import type { Seed } from '../../../src/api/agent/schema.ts';
import type { Machine } from '../../../src/api/machine/schema.ts';
import type { MachineStatus } from '../../../src/api/machine/status.ts';
import type { TaskIntent } from '../../../src/api/machine/task.ts';
import { apiVersion } from '../../../src/api/meta.ts';
import type {
  BootReport,
  DiskImage,
  EphemeralImage,
  RackMachines,
  TaskReport,
} from '../../../src/rack/agent-api/ports.ts';

/** What the rack asked of the machines' state, in order. */
export interface Recorded {
  boots: (BootReport & { machine: string })[];
  tasks: (TaskReport & { machine: string })[];
  inventories: string[];
  tests: { machine: string; name: string; outcome: string }[];
  enlisted: string[];
  events: { machine: string | undefined; reason: string; message: string }[];
}

/** The state port in memory. Results are written into the machine's status, as informers would bring them back. */
export interface FakeMachines extends RackMachines {
  recorded: Recorded;
  machines: Map<string, Machine>;
  ephemeral: EphemeralImage | undefined;
  disks: Map<string, DiskImage>;
  seeds: Map<string, Seed>;
  pending: number;
  /** Set: every write rejects. */
  broken: boolean;
  setStatus(name: string, status: Partial<MachineStatus>): void;
}

export function createFakeMachines(): FakeMachines {
  const recorded: Recorded = { boots: [], tasks: [], inventories: [], tests: [], enlisted: [], events: [] };
  const fail = (): void => {
    if (fake.broken) throw new Error('the API server is away');
  };
  const fake: FakeMachines = {
    recorded,
    machines: new Map(),
    ephemeral: undefined,
    disks: new Map(),
    seeds: new Map(),
    pending: 0,
    broken: false,
    setStatus(name, status) {
      const machine = fake.machines.get(name)!;
      fake.machines.set(name, { ...machine, status: { ...machine.status, ...status } });
    },
    byMac: (mac) => [...fake.machines.values()].find((machine) => machine.spec.macAddresses.includes(mac)),
    byName: (name) => fake.machines.get(name),
    ephemeralImage: (architecture) => (architecture === 'amd64' ? fake.ephemeral : undefined),
    diskImage: (name) => fake.disks.get(name),
    async seed(machine) {
      fail();
      return fake.seeds.get(machine.status?.task?.secret ?? '');
    },
    async reportBmc(name, report) {
      fail();
      fake.setStatus(name, { bmcReport: report });
    },
    async isStillTask(machine, task) {
      fail();
      return fake.machines.get(machine.metadata.name)?.status?.task?.id === task.id;
    },
    pendingEnlistments: () => fake.pending,
    reportBoot: (machine, report) => {
      recorded.boots.push({ machine, ...report });
    },
    async reportTask(machine, report) {
      fail();
      recorded.tasks.push({ machine, ...report });
      fake.setStatus(machine, { taskResult: report });
    },
    async storeInventory(machine) {
      fail();
      recorded.inventories.push(machine);
    },
    async storeTests(machine, tests) {
      fail();
      recorded.tests.push(...tests.map(({ name, outcome }) => ({ machine, name, outcome })));
    },
    async enlist(request) {
      fail();
      const known = request.macAddresses.map((mac) => fake.byMac(mac)).find((found) => found !== undefined);
      const name = known?.metadata.name ?? `m-${request.macAddresses[0]!.replaceAll(':', '')}`;
      recorded.enlisted.push(name);
      return { machine: name };
    },
    securityEvent: (machine, reason, message) => {
      recorded.events.push({ machine, reason, message });
    },
  };
  return fake;
}

export function aMachine(name: string, mac: string, status: MachineStatus): Machine {
  return {
    apiVersion,
    kind: 'Machine',
    metadata: { name, uid: `uid-of-${name}`, resourceVersion: '1' },
    spec: {
      macAddresses: [mac],
      architecture: 'amd64',
      approved: true,
      zone: 'default',
      pool: 'default',
      tags: [],
      locked: false,
      maintenance: false,
    },
    status,
  };
}

/** The status of a machine that is expected to boot the ephemeral OS for a task. */
export function expecting(
  kind: TaskIntent['kind'],
  generation = 7,
  more: Partial<MachineStatus> = {},
): MachineStatus {
  const install = kind === 'Install' ? { image: 'debian-12', secret: 'seed-of-it' } : {};
  return {
    boot: { generation, target: 'EphemeralOS', expiresAt: '2030-01-01T00:00:00Z' },
    task: { id: `task-${generation}`, generation, kind, ...install },
    ...more,
  };
}
