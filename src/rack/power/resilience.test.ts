import { afterEach, describe, expect, it, vi } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import type { PowerRequest } from '../../api/machine/power.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { systemClock } from '../../domain/clock.ts';
import { secrets } from '../../kube/core-resources.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { silentLogger } from '../../log/logger.ts';
import { createWorld, type World } from '../world/world.ts';
import { createBmcLock, pacedDriver } from './bmc-lock.ts';
import { createBreakers } from './breaker.ts';
import { delay } from './delay.ts';
import type { PowerDriver } from './driver.ts';
import type { openPowerDriver } from './drivers.ts';
import { powerError } from './errors.ts';
import { createPowerPoller } from './poller.ts';
import { createPowerPolls } from './polls.ts';
import { storeReach } from './reach.ts';
import { createPowerRequests } from './requests.ts';
import { defaultPowerTimings } from './steps.ts';
import { virtualTime } from './testing/virtual-time.ts';

const namespace = 'metalwright-system';
const patient = { timeout: 10_000 };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const pacing = { changeMs: 0, queryMs: 0, inrushMs: 0 };

async function chassis(size: number): Promise<{ client: MemoryClient; world: World }> {
  const client = createMemoryClient();
  await client.create(secrets, {
    metadata: { name: 'bmc', namespace },
    data: { username: base64('user'), password: base64('secret') },
  });
  const bmc = { driver: 'ipmi' as const, address: '192.0.2.1', credentialsSecret: 'bmc' };
  for (let i = 0; i < size; i++) await client.create(machineKind, aMachine({ name: `m${i}`, spec: { bmc } }));
  const world = createWorld(client, silentLogger);
  world.start();
  await world.synced();
  return { client, world };
}

/** A driver of a BMC that all machines share. */
function opening(over: Partial<PowerDriver>): typeof openPowerDriver {
  return (_name, { address }, lock) => {
    const nothing = async (): Promise<void> => {};
    const driver: PowerDriver = {
      ...{ bootDevices: new Set<never>(), status: async () => 'On' as const },
      ...{ on: nothing, off: nothing, setBootDevice: nothing, close: nothing },
      ...over,
    };
    return pacedDriver(driver, address, lock);
  };
}

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of endings.splice(0)) await end();
});

describe('a dead manager of forty machines', () => {
  it('is tried by one at a time: those that stand in its queue leave it, and all count as Unknown', async () => {
    const { client, world } = await chassis(40);
    endings.push(() => world.stop());
    const time = virtualTime();
    const asked: number[] = [];
    let answers = false;
    const polls = createPowerPolls({
      ...{ client, world, namespace, clock: time, log: silentLogger, intervalMs: 60_000 },
      events: { event: () => {} },
      lock: createBmcLock({ clock: time, delay: time.delay, pacing }),
      breakers: createBreakers({
        ...{ clock: time, firstPauseMs: 60_000, longestPauseMs: 300_000, trialMs: 80_000 },
      }),
      openDriver: opening({
        async status() {
          asked.push(time.now());
          await Promise.resolve();
          if (!answers) throw powerError('BmcUnreachable', 'a test', { retryable: true });
          return 'On';
        },
      }),
    });
    const { signal } = new AbortController();
    const sweep = () => Promise.all(world.machines.list().map((machine) => polls.poll(machine, signal)));
    const states = async () => (await client.list(machineKind)).items.map(({ status }) => status?.powerState);
    await sweep();
    expect(asked).toHaveLength(2);
    expect((await states()).filter((state) => state === 'Unknown')).toHaveLength(38);
    await sweep();
    expect(asked).toHaveLength(2);
    await time.delay(60_000, signal);
    await sweep();
    expect(asked).toHaveLength(3);
    answers = true;
    await time.delay(300_000, signal);
    await sweep();
    await sweep();
    await expect.poll(async () => new Set(await states()), patient).toEqual(new Set(['On']));
  });
});

describe('a sweep', () => {
  it('is made at once when the rack starts, and spread over the interval after that', async () => {
    const { client, world } = await chassis(20);
    endings.push(() => world.stop());
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const time = virtualTime(0);
    const asked: number[] = [];
    const enough = Promise.withResolvers<void>();
    const poller = createPowerPoller({
      ...{ client, world, namespace, clock: time, log: silentLogger, intervalMs: 60_000 },
      events: { event: () => {} },
      lock: { run: (_address, _kind, work) => work() },
      mine: () => true,
      // Others have their turn first: time passes when nothing else is to be done.
      delay: async (ms, by) => {
        await new Promise(setImmediate);
        await time.delay(ms, by);
      },
      openDriver: opening({
        async status() {
          asked.push(time.now());
          if (asked.length === 40) enough.resolve();
          return 'On';
        },
      }),
    });
    poller.start();
    await enough.promise;
    await poller.stop();
    expect(new Set(asked.slice(0, 20))).toEqual(new Set([0]));
    const later = asked.slice(20, 40);
    expect(new Set(later).size).toBeGreaterThan(15);
    expect((later[19] ?? 0) - (later[0] ?? 0)).toBeGreaterThan(50_000);
  });
});

describe('a power request, with racks that do not all reach the BMC', () => {
  async function racks(reaching: readonly string[], part: Partial<PowerRequest> = {}) {
    const { client, world } = await chassis(1);
    endings.push(() => world.stop());
    const names = ['rack-1', 'rack-2', 'rack-3'];
    const commands: string[] = [];
    let busy = 0;
    let most = 0;
    let power: 'On' | 'Off' = part.action === 'Off' ? 'On' : 'Off';
    for (const rackName of names) {
      const isAlive = (): boolean => true;
      const at = async <T>(work: () => T): Promise<T> => {
        most = Math.max(most, ++busy);
        await new Promise(setImmediate);
        busy--;
        if (!reaching.includes(rackName))
          throw powerError('BmcUnreachable', `nothing for ${rackName}`, { retryable: true });
        return work();
      };
      const requests = createPowerRequests({
        ...{ client, world, rackName, namespace, isAlive, isCurrent: () => true },
        liveRacks: () => names,
        reached: (machine, reaches) =>
          storeReach(machine, reaches, { client, rackName, isAlive, clock: systemClock }),
        lock: createBmcLock({ clock: systemClock, delay, pacing }),
        timings: { ...defaultPowerTimings, pollMs: 5, retryBudgetMs: 0 },
        ...{ clock: systemClock, log: silentLogger },
        openDriver: opening({
          status: () => at(() => power),
          softOff: () =>
            at(() => {
              commands.push('softly');
              power = 'Off';
            }),
          on: () =>
            at(() => {
              commands.push(rackName);
              power = 'On';
            }),
        }),
      });
      requests.start();
      endings.push(() => requests.stop());
    }
    const request = { id: 'r1', action: 'On' as const, requestedAt: new Date().toISOString(), ...part };
    await client.applyStatus(
      machineKind,
      { metadata: { name: 'm0' }, status: { power: { request } } },
      { fieldManager: 'operator' },
    );
    const status = async () => (await client.get(machineKind, 'm0'))?.status;
    return { status, commands, most: () => most };
  }

  it('is carried out once, by the one that reaches it, and each is remembered', async () => {
    const { status, commands, most } = await racks(['rack-3']);
    await expect.poll(async () => (await status())?.power?.result?.outcome, patient).toBe('Succeeded');
    expect(commands).toEqual(['rack-3']);
    expect(most()).toBe(1);
    const { power, bmcReach } = (await status()) ?? {};
    expect(power?.result).toMatchObject({ id: 'r1', rack: 'rack-3' });
    await expect
      .poll(async () => (await status())?.bmcReach?.find(({ rack }) => rack === 'rack-3')?.reaches, patient)
      .toBe(true);
    expect(bmcReach?.every(({ rack, reaches }) => reaches === (rack === 'rack-3'))).toBe(true);
  });

  it('asks the OS first where that is wished', async () => {
    const { status, commands } = await racks(['rack-2'], { action: 'Off', mode: 'Soft' });
    await expect.poll(async () => (await status())?.power?.result?.outcome, patient).toBe('Succeeded');
    expect(commands).toEqual(['softly']);
  });

  it('fails when every one has tried, and says what each saw', async () => {
    const { status, commands, most } = await racks([]);
    await expect.poll(async () => (await status())?.power?.result?.outcome, patient).toBe('Failed');
    expect(commands).toEqual([]);
    expect(most()).toBe(1);
    const { reason, message = '' } = (await status())?.power?.result ?? {};
    expect(reason).toBe('BmcUnreachable');
    for (const rack of ['rack-1', 'rack-2', 'rack-3']) expect(message).toContain(`nothing for ${rack}`);
  });
});
