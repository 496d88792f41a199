import { type Allocation, AllocationSpec, allocationKind } from '../../../src/api/allocation/schema.ts';
import { type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import {
  type ActionParameters,
  type MachineActionSpec,
  machineActionKind,
} from '../../../src/api/machine-action/schema.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { namespaces, secrets } from '../../../src/kube/core-resources.ts';
import { createMemoryClient, type MemoryClient } from '../../../src/kube/memory-client.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createBmcLock } from '../../../src/rack/power/bmc-lock.ts';
import { delay } from '../../../src/rack/power/delay.ts';
import { createPowerRequests } from '../../../src/rack/power/requests.ts';
import { defaultPowerTimings } from '../../../src/rack/power/steps.ts';
import { createWorld } from '../../../src/rack/world/world.ts';
import {
  aMachine,
  anAllocation,
  createImage,
  createRack,
  operatorNamespace,
  startOperator,
  until,
} from '../controllers/setting.ts';
import { type Behaviour, startSimulatedRack } from '../controllers/simulated-rack.ts';
import { calm, type Disturbance } from './disturbances.ts';
import { createFakeBmc, type FakeBmc } from './fake-bmc.ts';
import { createMortality, type Death, type Life, type Mortality, type ProgramName } from './mortality.ts';

/** What a person and the machine do in a story. Whatever is waited for, is waited for a minute. */
export interface Stage {
  /** How the machine behaves; may be changed at any time. */
  behaviour: Behaviour;
  /** Its BMC accepts no password any more, or does again. */
  bmcRefuses(refuses: boolean): void;
  /** Describes a machine that was never commissioned. */
  describe(spec?: Partial<Machine['spec']>): Promise<void>;
  /** What came before is not the story: from here on the programs may die. */
  begin(): void;
  isIn(phase: NonNullable<Machine['status']>['phase']): Promise<void>;
  /** The machine has come so far in its boot. */
  reaches(bootStage: NonNullable<NonNullable<Machine['status']>['bootProgress']>['stage']): Promise<void>;
  /** Orders an action and waits for its end. */
  order(action: MachineActionSpec['action'], parameters?: ActionParameters): Promise<void>;
  allocate(spec?: Pick<Allocation['spec'], 'erase'>): Promise<void>;
  allocationIs(phase: NonNullable<Allocation['status']>['phase']): Promise<void>;
  deallocate(): Promise<void>;
  /** Deletes the machine and waits until it is gone. */
  remove(): Promise<void>;
}

/** What can be seen after a story, without what differs between two runs of the same one. */
export interface Ending {
  machine: unknown;
  actions: unknown;
  allocation: unknown;
  /** Whether it is on, how often it was switched on, and the tasks that were carried out. */
  isOn: boolean;
  starts: number;
  tasks: string[];
  phoneHomes: string[];
  secretsLeft: string[];
}

export interface Played {
  ending: Ending;
  effects: Mortality['effects'];
  /** Whether the death that was planned came. */
  died: boolean;
}

const deadlineMs = 60_000;
const pauseMs = 10;

/** Plays a story to its end with a real operator and a real rack's power over an API server in memory; a dead one is started anew. */
export async function play(
  story: (stage: Stage) => Promise<void>,
  death?: Death,
  disturbance: Disturbance = calm,
): Promise<Played> {
  const client = createMemoryClient();
  const mortality = createMortality(death);
  const bmc = createFakeBmc();
  await prepare(client);
  const behaviour: Behaviour = { leavesPower: true };
  const rack = await startSimulatedRack(client, behaviour);
  const programs = [
    await immortal('operator', client, mortality, (life) =>
      disturbance.operator(client, life.client, (view, acting) =>
        startOperator({ client: view, wrap: () => acting, timings: { recheck: 20, settle: 20 } }),
      ),
    ),
    await immortal('rack', client, mortality, (life) => startPower(disturbance.view(client), life, bmc)),
  ];
  try {
    await story(stageOf(client, behaviour, bmc, () => mortality.begin()));
    // A cache that is filled anew waits a second before it asks.
    await settled(client, disturbance === calm ? 400 : 1_500);
    return {
      ending: await endingOf(client, bmc, rack.journal),
      effects: mortality.effects,
      died: mortality.hasStruck(),
    };
  } finally {
    for (const program of programs) await program.stop();
    await rack.stop();
  }
}

async function prepare(client: MemoryClient): Promise<void> {
  await client.create(namespaces, { metadata: { name: operatorNamespace } });
  await createImage(client, 'debian-12');
  await createRack(client, 'rack-1');
  const data = { username: 'dQ==', password: 'cA==' };
  await client.create(secrets, { metadata: { name: 'bmc', namespace: operatorNamespace }, data });
}

/** Keeps a program running: when it dies, another takes its place. */
async function immortal(
  name: ProgramName,
  client: MemoryClient,
  mortality: Mortality,
  start: (life: Life) => Promise<{ stop(): Promise<void> }>,
): Promise<{ stop(): Promise<void> }> {
  const stopping = Promise.withResolvers<void>();
  let stopped = false;
  const begin = async () => {
    const life = mortality.live(name, client);
    return { life, program: await start(life) };
  };
  const first = await begin();
  const running = (async () => {
    for (let { life, program } = first; ; { life, program } = await begin()) {
      await Promise.race([life.ended, stopping.promise]);
      await program.stop();
      if (stopped) return;
    }
  })();
  return {
    async stop() {
      stopped = true;
      stopping.resolve();
      await running;
    },
  };
}

async function startPower(
  client: MemoryClient,
  life: Life,
  bmc: FakeBmc,
): Promise<{ stop(): Promise<void> }> {
  const world = createWorld(client, silentLogger);
  const requests = createPowerRequests({
    ...{ client: life.client, world, rackName: 'rack-1', namespace: operatorNamespace },
    isAlive: () => true,
    isCurrent: () => true,
    lock: createBmcLock({ clock: systemClock, delay, pacing: { changeMs: 0, queryMs: 0, inrushMs: 0 } }),
    // A machine that was asked to go off once is not asked again, and waited for.
    timings: { ...defaultPowerTimings, pollMs: 5, softOffMs: 300 },
    ...{ clock: systemClock, log: silentLogger },
    openDriver: () => bmc.driver((when) => life.called('call', when)),
  });
  world.start();
  await world.synced();
  requests.start();
  return {
    async stop() {
      await requests.stop();
      await world.stop();
    },
  };
}

function stageOf(client: MemoryClient, behaviour: Behaviour, bmc: FakeBmc, begin: () => void): Stage {
  let orders = 0;
  const machine = () => client.get(machineKind, 'm1');
  const allocation = () => client.get(allocationKind, 'web', 'default');
  const seen = async () => [(await machine())?.status, (await allocation())?.status];
  const wait = (what: string, isSo: () => Promise<boolean>) => until(what, isSo, seen, deadlineMs, pauseMs);
  return {
    behaviour,
    begin,
    bmcRefuses(refuses) {
      bmc.refuses = refuses;
    },
    describe: async (spec) => void (await client.create(machineKind, aMachine('m1', 1, spec))),
    isIn: (phase) => wait(`the machine is ${phase}`, async () => (await machine())?.status?.phase === phase),
    reaches: (bootStage) =>
      wait(
        `the machine reaches ${bootStage}`,
        async () => (await machine())?.status?.bootProgress?.stage === bootStage,
      ),
    async order(action, parameters) {
      const name = `${action.toLowerCase()}-${++orders}`;
      const spec = { machine: 'm1', action, ...(parameters === undefined ? {} : { parameters }) };
      await client.create(machineActionKind, { metadata: { name }, spec });
      await wait(`${name} ends`, async () => {
        const { phase } = (await client.get(machineActionKind, name))?.status ?? {};
        return phase === 'Succeeded' || phase === 'Failed' || phase === 'Refused';
      });
    },
    async allocate(wish) {
      const { metadata, spec } = anAllocation('web', wish);
      // The memory client knows no defaults.
      await client.create(allocationKind, { metadata, spec: AllocationSpec.parse(spec) });
    },
    allocationIs: (phase) =>
      wait(`the Allocation is ${phase}`, async () => (await allocation())?.status?.phase === phase),
    async deallocate() {
      await client.delete(allocationKind, 'web', { namespace: 'default' });
      await wait('the Allocation is gone', async () => (await allocation()) === undefined);
    },
    async remove() {
      await client.delete(machineKind, 'm1');
      await wait('the machine is gone', async () => (await machine()) === undefined);
    },
  };
}

/** Until nobody has written anything for a while that is long beside every pause. */
async function settled(client: MemoryClient, quietMs: number): Promise<void> {
  let [writes, since] = [client.writes(), performance.now()];
  await until(
    'nothing is written any more',
    async () => {
      const now = client.writes();
      if (now !== writes) [writes, since] = [now, performance.now()];
      return performance.now() - since > quietMs;
    },
    () => writes,
    deadlineMs,
    50,
  );
}

async function endingOf(
  client: MemoryClient,
  bmc: FakeBmc,
  { tasks, phoneHomes }: { tasks: string[]; phoneHomes: string[] },
): Promise<Ending> {
  const machine = await client.get(machineKind, 'm1');
  const { items: actions } = await client.list(machineActionKind);
  const allocation = await client.get(allocationKind, 'web', 'default');
  const left = await client.list(secrets, { namespace: operatorNamespace });
  const { status, metadata } = machine ?? {};
  return {
    machine: status && {
      ...{ phase: status.phase, step: status.step, failure: status.failure?.reason, boot: status.boot },
      ...{ task: status.task, powerState: status.powerState, locked: status.locked, release: status.release },
      holder: status.allocation?.name,
      power: status.power?.result && {
        outcome: status.power.result.outcome,
        reason: status.power.result.reason,
      },
      conditions: status.conditions
        ?.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`)
        .toSorted(),
      finalizers: metadata?.finalizers,
      annotation: metadata?.annotations?.['metalwright.dev/allocation'] !== undefined,
    },
    actions: actions.map(({ metadata: { name }, status: of }) => `${name} ${of?.phase}`),
    allocation: allocation?.status && {
      ...{ phase: allocation.status.phase, machine: allocation.status.machine },
    },
    ...{ isOn: bmc.isOn(), starts: bmc.starts, tasks, phoneHomes },
    secretsLeft: left.items.map(({ metadata: { name } }) => name ?? '').toSorted(),
  };
}
