import { describe, expect, it } from 'vitest';
import { allocationKind } from '../../api/allocation/schema.ts';
import type { MachinePhase } from '../../api/machine/phases.ts';
import { machineKind } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { type MachineActionSpec, machineActionKind } from '../../api/machine-action/schema.ts';
import { failureTable } from '../../domain/lifecycle/failures.ts';
import { aMachine } from './testing/builders.ts';
import { createFakeWorld, type FakeOperator, type FakeWorld } from './testing/fake-world.ts';
import { defaultMachineTimings as timings } from './timings.ts';

/** What befalls a machine, from one moment on. */
const misfortunes = {
  /** Its agent is killed, or its cable pulled, for good: BMC and rack are well, and nothing more is heard of it. */
  Silent: async () => {},
  /** Somebody presses its power button: it is off until a rack switches it on, and then goes on from there. */
  SwitchedOff: async (world: FakeWorld) => {
    const result = world.machine()?.status?.power?.result;
    const status: MachineStatus = {
      ...(result === undefined ? {} : { power: { result } }),
      powerState: 'Off',
    };
    await world.cluster.client.applyStatus(
      machineKind,
      { metadata: { name: 'm1' }, status },
      { fieldManager: 'rack-power' },
    );
  },
  /** The rack dies, or is cut off, for good: it switches nothing, and reports nothing. */
  NoRack: async () => {},
} as const;
type Misfortune = keyof typeof misfortunes;

/** Where a machine may stay until a person does something. */
const atRest: ReadonlySet<MachinePhase | undefined> = new Set<MachinePhase>([
  ...(['New', 'Ready', 'Deployed', 'Rescue'] as const),
  ...(['CommissioningFailed', 'TestingFailed', 'DeploymentFailed', 'ReleaseFailed', 'EraseFailed'] as const),
  ...(['RescueEntryFailed', 'RescueExitFailed'] as const),
]);

interface Way {
  name: string;
  /** From virtual media. */
  media?: true;
  /** What came before, and what is ordered; then the machine goes to `end`. */
  begin: (stage: Stage) => Promise<void>;
  end: MachinePhase;
}

interface Stage {
  world: FakeWorld;
  order(action: MachineActionSpec['action']): Promise<void>;
  allocate(): Promise<void>;
  deallocate(): Promise<void>;
  isIn(phase: MachinePhase): Promise<void>;
}

const deployed = async ({ isIn, allocate }: Stage): Promise<void> => {
  await isIn('Ready');
  await allocate();
  await isIn('Deployed');
};
const ways: Way[] = [
  { name: 'commissioning', begin: async () => {}, end: 'Ready' },
  {
    name: 'a deployment',
    async begin({ isIn, allocate }) {
      await isIn('Ready');
      await allocate();
    },
    end: 'Deployed',
  },
  {
    name: 'a deployment from virtual media',
    media: true,
    async begin({ isIn, allocate }) {
      await isIn('Ready');
      await allocate();
    },
    end: 'Deployed',
  },
  {
    name: 'a release with its erasing',
    async begin(stage) {
      await deployed(stage);
      await stage.deallocate();
    },
    end: 'Ready',
  },
  {
    name: 'a test of what is deployed',
    async begin(stage) {
      await deployed(stage);
      await stage.order('Test');
    },
    end: 'Deployed',
  },
  {
    name: 'the way into a rescue',
    async begin({ isIn, order }) {
      await isIn('Ready');
      await order('Rescue');
    },
    end: 'Rescue',
  },
  {
    name: 'the way out of a rescue, of what is deployed',
    async begin(stage) {
      await deployed(stage);
      await stage.order('Rescue');
      await stage.isIn('Rescue');
      await stage.order('ExitRescue');
    },
    end: 'Deployed',
  },
];

async function decideAll(on: FakeOperator): Promise<number | undefined> {
  on.refresh();
  await on.actions();
  on.refresh();
  await on.allocations();
  on.refresh();
  return await on.machine();
}

async function stageOf(media = false): Promise<Stage & { operator: FakeOperator }> {
  const world = await createFakeWorld();
  const operator = world.operator();
  const { client } = world.cluster;
  let orders = 0;
  const more = media ? { boot: { method: 'VirtualMedia', taggedVlan: false } as const } : {};
  await client.create(machineKind, { metadata: { name: 'm1' }, spec: aMachine(undefined, more).spec });
  return {
    world,
    operator,
    async order(action) {
      const sshKeys = { sshKeys: ['ssh-ed25519 AAAA'] };
      const parameters = action === 'Rescue' ? { parameters: sshKeys } : {};
      const spec = { machine: 'm1', action, ...parameters };
      await client.create(machineActionKind, { metadata: { name: `order-${++orders}` }, spec });
    },
    async allocate() {
      const metadata = { name: 'a', namespace: 'default' };
      await client.create(allocationKind, {
        metadata,
        spec: { image: 'debian-12', constraints: {}, sshKeys: [], erase: 'Quick', priority: 0 },
      });
    },
    deallocate: () => client.delete(allocationKind, 'a', { namespace: 'default' }),
    async isIn(phase) {
      for (let step = 0; step < 60; step++) {
        await decideAll(operator);
        if (world.machine()?.status?.phase === phase) return;
        await world.rack('Succeeded');
        world.advance(500);
      }
      throw new Error(`it never was ${phase}: ${JSON.stringify(world.machine()?.status)}`);
    },
  };
}

/** A request that no rack has carried out. */
const isOrdered = ({ power }: MachineStatus = {}): boolean =>
  power?.request !== undefined && power.result?.id !== power.request.id;

/** Nothing is awaited any more: what is left takes a person. */
const isOver = ({ phase, conditions = [] }: MachineStatus = {}): boolean =>
  atRest.has(phase) && !conditions.some(({ type, status }) => type === 'Reconciling' && status === 'True');

interface Played {
  /** Steps of racks and machines until the end. */
  steps: number;
  status: MachineStatus;
  /** From the misfortune to the end, by the clock of the world. */
  lastedMs: number;
}

interface Fate {
  at: number;
  what: Misfortune;
  /** Undefined: it never ends. */
  lastsMs?: number;
}

/** Plays a way; after so many steps something befalls the machine. */
async function play({ media, begin, end }: Way, fate?: Fate): Promise<Played> {
  const stage = await stageOf(media);
  const { world, operator } = stage;
  await begin(stage);
  let [steps, befallen, heals, still] = [0, 0, Number.POSITIVE_INFINITY, 0];
  let isOff = false;
  for (let round = 0; round < 500; round++) {
    const wakes = await decideAll(operator);
    const status = world.machine()?.status ?? {};
    if (fate !== undefined && steps === fate.at && befallen === 0) {
      await misfortunes[fate.what](world);
      befallen = world.now();
      isOff = fate.what === 'SwitchedOff';
      heals = befallen + (fate.lastsMs ?? Number.POSITIVE_INFINITY);
      continue;
    }
    const isHit = befallen > 0 && world.now() < heals;
    const [ordered, before] = [isOrdered(status), JSON.stringify(world.machine()?.status)];
    const mayMove =
      !isHit || (fate?.what !== 'NoRack' && ordered) || (fate?.what === 'SwitchedOff' && !isOff);
    if (isOver(status) && !(mayMove && ordered) && round > 3) {
      const came = status.phase === end || befallen > 0;
      still = came ? still + 1 : 0;
      if (still > 3) return { steps, status, lastedMs: world.now() - befallen };
    } else still = 0;
    if (mayMove) await world.rack('Succeeded');
    if (isOff && ordered) isOff = world.machine()?.status?.powerState !== 'On';
    const moved = JSON.stringify(world.machine()?.status) !== before;
    if (moved) steps += 1;
    // A tenth of the world's time is what a lively machine takes; a silent one is waited for.
    world.advance(moved ? 500 : Math.min(wakes ?? 1000, Math.max(1, heals - world.now())));
  }
  throw new Error(`it never ends: ${JSON.stringify(world.machine()?.status)}`);
}

/** More than one wait may follow on another, and what failed is switched off at the end. */
const longestMs =
  2 * timings.power + timings.boot + timings.agentSilence + timings.firstBoot + timings.cloudInit;

function expectNamed({ status, lastedMs }: Played, where: string): void {
  const { phase, failure } = status;
  expect(lastedMs, `${where}: ended late`).toBeLessThan(longestMs);
  if (phase?.endsWith('Failed') !== true) return;
  const row = Object.entries(failureTable).find(([reason]) => reason === failure?.reason)?.[1];
  expect(row, `${where}: ${JSON.stringify(failure)}`).toBeDefined();
  expect(failure?.message, where).toContain(row?.advice);
}

describe.each(ways)('$name', (way) => {
  it.each(['Silent', 'SwitchedOff', 'NoRack'] as const)(
    'ends in time and with its name, or as it should, whatever step meets this: %s',
    async (what) => {
      const { steps, status } = await play(way);
      expect(status.phase).toBe(way.end);
      expect(steps).toBeGreaterThan(0);
      const failed = new Set<string>();
      for (let at = 0; at < steps; at++) {
        const played = await play(way, { at, what });
        expectNamed(played, `at step ${at} of ${steps}`);
        if (played.status.failure !== undefined) failed.add(played.status.failure.reason);
      }
      // A machine that is switched on again may never have a failure; one that is not heard, or not switched, has.
      if (what === 'NoRack') expect(failed).toContain('PowerTimeout');
    },
    120_000,
  );

  it('goes on as if nothing had been, whatever step meets a minute without any network', async () => {
    const { steps, status } = await play(way);
    for (let at = 0; at < steps; at++) {
      const played = await play(way, { at, what: 'NoRack', lastsMs: timings.agentSilence / 2 });
      const { phase, failure, task, boot } = played.status;
      expect({ at, phase, failure }).toEqual({ at, phase: way.end, failure: undefined });
      expect({ task: task?.id, boot }).toEqual({ task: status.task?.id, boot: status.boot });
    }
  }, 120_000);
});
