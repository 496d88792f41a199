import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PowerRequest } from '../../../src/api/machine/power.ts';
import { type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { secrets } from '../../../src/kube/core-resources.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createBmcLock } from '../../../src/rack/power/bmc-lock.ts';
import { delay } from '../../../src/rack/power/delay.ts';
import { createPowerPoller } from '../../../src/rack/power/poller.ts';
import { storeReach } from '../../../src/rack/power/reach.ts';
import { createPowerRequests, type PowerRequestsDeps } from '../../../src/rack/power/requests.ts';
import {
  type RedfishSimulator,
  startRedfishSimulator,
} from '../../../src/rack/power/testing/redfish-simulator.ts';
import { createWorld } from '../../../src/rack/world/world.ts';
import { operatorNamespace, type Setting, startSetting } from '../controllers/setting.ts';

const patient = { timeout: 60_000, interval: 200 };
const user = { username: 'operator', password: randomBytes(9).toString('base64url') };
const timings = {
  pollMs: 50,
  stateTimeoutMs: 20_000,
  softOffMs: 2_000,
  recommandMs: 10_000,
  retryBudgetMs: 5_000,
  retryFirstMs: 50,
  retryLongestMs: 500,
};

describe('power requests on a real API server', () => {
  let setting: Setting;
  let client: KubeClient;
  let bmc: RedfishSimulator;
  const running: { stop(): Promise<void> }[] = [];
  let serial = 0;
  let name: string;

  beforeAll(async () => {
    setting = await startSetting();
    client = setting.client;
  });
  beforeEach(async () => {
    bmc = await startRedfishSimulator(user);
    serial += 1;
    name = `m${serial}`;
    await credentials(user.password);
    await client.create(machineKind, {
      metadata: { name },
      spec: {
        macAddresses: [`52:54:00:00:00:${serial.toString(16).padStart(2, '0')}`],
        architecture: 'amd64',
        bootMode: 'BIOS',
        bmc: { driver: 'redfish', address: bmc.address, credentialsSecret: `bmc-${name}` },
      },
    });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((process) => process.stop()));
    await bmc.close();
  });
  afterAll(() => setting.stop());

  async function credentials(password: string): Promise<void> {
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    await client.apply(
      secrets,
      {
        metadata: { name: `bmc-${name}`, namespace: operatorNamespace },
        data: { username: base64(user.username), password: base64(password) },
      },
      { fieldManager: 'test' },
    );
  }

  interface Rack {
    deps: PowerRequestsDeps;
    stop(): Promise<void>;
  }
  /** The power side of a rack process, with caches of its own. */
  async function rack(rackName: string, part: Partial<PowerRequestsDeps> = {}): Promise<Rack> {
    const world = createWorld(client, silentLogger);
    world.start();
    await world.synced();
    const deps: PowerRequestsDeps = {
      client,
      world,
      rackName,
      namespace: operatorNamespace,
      isAlive: () => true,
      isCurrent: () => true,
      lock: createBmcLock({
        clock: systemClock,
        delay,
        pacing: { changeMs: 0, queryMs: 0, inrushMs: 0 },
      }),
      timings,
      clock: systemClock,
      log: silentLogger,
      ...part,
    };
    const requests = createPowerRequests(deps);
    requests.start();
    const process = {
      deps,
      async stop() {
        await requests.stop();
        await world.stop();
      },
    };
    running.push(process);
    return process;
  }
  /** As the operator does. */
  async function ask(id: string, part: Partial<PowerRequest> = {}): Promise<void> {
    const request = {
      id,
      action: 'Cycle' as const,
      boot: 'Network' as const,
      requestedAt: new Date().toISOString(),
      ...part,
    };
    await client.applyStatus(
      machineKind,
      { metadata: { name }, status: { power: { request } } },
      { fieldManager: 'operator' },
    );
  }
  const machine = async (): Promise<Machine> => {
    const found = await client.get(machineKind, name);
    if (found === undefined) throw new Error('there is no machine');
    return found;
  };
  const result = async () => (await machine()).status?.power?.result;
  const outcome = async () => {
    const found = await result();
    return `${found?.id} ${found?.outcome}`;
  };
  const overrides = (): number => bmc.requests.filter(({ method }) => method === 'PATCH').length;

  it('are carried out, recorded and answered, and stay as the operator wrote them', async () => {
    bmc.power = 'On';
    await rack('rack-1');
    await ask('r1');
    await expect.poll(outcome, patient).toBe('r1 Succeeded');
    expect(bmc.resets).toEqual(['ForceOff', 'On']);
    expect(bmc.sessions.size).toBe(0);
    const { status } = await machine();
    expect(status?.powerState).toBe('On');
    expect(status?.power?.request?.id).toBe('r1');
    expect(status?.power?.result).toMatchObject({ rack: 'rack-1', step: 'On' });
  });

  it('leave behind who reaches the BMC, each rack for itself', async () => {
    const say = async (rackName: string, reaches: boolean): Promise<void> =>
      await storeReach(await machine(), reaches, {
        ...{ client, rackName, isAlive: () => true, clock: systemClock },
      });
    await say('rack-1', false);
    await say('rack-2', true);
    await say('rack-1', true);
    const reach = (await machine()).status?.bmcReach ?? [];
    expect(reach.map(({ rack, reaches }) => [rack, reaches])).toEqual([
      ['rack-1', true],
      ['rack-2', true],
    ]);
  });

  it('are carried out once when two racks race for them', async () => {
    bmc.power = 'On';
    const racks = ['rack-1', 'rack-2', 'rack-3'];
    await Promise.all(racks.map((rackName) => rack(rackName)));
    for (const id of ['r1', 'r2', 'r3', 'r4']) {
      await ask(id);
      await expect.poll(outcome, patient).toBe(`${id} Succeeded`);
    }
    expect(bmc.resets).toEqual(['ForceOff', 'On', 'ForceOff', 'On', 'ForceOff', 'On', 'ForceOff', 'On']);
    expect(overrides()).toBe(4);
  });

  it('go on where they were when the rack is restarted in the middle of a step, and double nothing', async () => {
    bmc.power = 'On';
    const stuck = Promise.withResolvers<void>();
    bmc.faults.misanswer = ({ method, path }) => {
      // The rack dies while it waits for this answer.
      if (method !== 'PATCH' || !path.includes('Systems')) return undefined;
      stuck.resolve();
      return 'hang';
    };
    const first = await rack('rack-1');
    await ask('r1');
    await stuck.promise;
    await first.stop();
    running.splice(0);
    expect(await result()).toMatchObject({ id: 'r1', outcome: 'Running', step: 'BootDevice' });
    const startedAt = (await result())?.startedAt;
    bmc.faults.misanswer = () => undefined;
    await rack('rack-1');
    await expect.poll(outcome, patient).toBe('r1 Succeeded');
    expect(bmc.resets).toEqual(['ForceOff', 'On']);
    expect((await result())?.startedAt).toBe(startedAt);
  });

  it('are left to a rack that is alive, and taken over from one that is gone', async () => {
    bmc.power = 'On';
    const claim = { id: 'r1', rack: 'rack-9', outcome: 'Running' as const, step: 'On' as const };
    await client.applyStatus(
      machineKind,
      {
        metadata: { name },
        status: { power: { result: { ...claim, startedAt: new Date().toISOString() } } },
      },
      { fieldManager: 'metalwright-rack-power' },
    );
    await ask('r1');
    const watching = await rack('rack-1');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect([await outcome(), bmc.requests.length]).toEqual(['r1 Running', 0]);
    await watching.stop();
    running.splice(0);
    await rack('rack-1', { isAlive: (other) => other !== 'rack-9' });
    await expect.poll(outcome, patient).toBe('r1 Succeeded');
    expect((await result())?.rack).toBe('rack-1');
    // The machine was on in the step that turns it on: it was left alone.
    expect(bmc.resets).toEqual([]);
  });

  it('are left in the middle when another one replaces them', async () => {
    bmc.power = 'Off';
    // Takes the command, and never turns on.
    bmc.faults.system = { PowerState: 'Off' };
    await rack('rack-1');
    await ask('r1', { action: 'On' });
    await expect.poll(async () => (await result())?.step, patient).toBe('On');
    await ask('r2', { action: 'Off' });
    await expect.poll(outcome, patient).toBe('r2 Succeeded');
  });

  it('give no command while the rack may be taken for dead', async () => {
    bmc.power = 'On';
    let isCurrent = false;
    await rack('rack-1', { isCurrent: () => isCurrent });
    await ask('r1');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect([bmc.requests.length, await result()]).toEqual([0, undefined]);
    isCurrent = true;
    await expect.poll(outcome, patient).toBe('r1 Succeeded');
  });

  it('fail with what a person can mend when the password is wrong, after one try', async () => {
    await credentials('wrong');
    await rack('rack-1');
    await ask('r1');
    await expect.poll(outcome, patient).toBe('r1 Failed');
    expect(await result()).toMatchObject({
      reason: 'BmcAuthenticationFailed',
      message: expect.stringContaining('check the credentials Secret'),
    });
    expect(JSON.stringify((await machine()).status)).not.toContain('wrong');
    const tries = bmc.requests.filter(({ path, method }) => method === 'POST' && path.includes('Sessions'));
    expect(tries.length).toBeLessThanOrEqual(1);
  });

  it('go first to the rack that knows the machine, also when another sees them earlier', async () => {
    bmc.power = 'On';
    const bootProgress = {
      generation: 1,
      stage: 'Dhcp' as const,
      at: new Date().toISOString(),
      rack: 'near',
    };
    await client.applyStatus(
      machineKind,
      { metadata: { name }, status: { bootProgress } },
      { fieldManager: 'boot' },
    );
    await rack('far');
    await ask('r1');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await result()).toBeUndefined();
    await rack('near');
    await expect.poll(outcome, patient).toBe('r1 Succeeded');
    expect((await result())?.rack).toBe('near');
  });

  it('are not needed to see the power state, which is written when it changes only', async () => {
    bmc.power = 'On';
    const { deps } = await rack('rack-1');
    const events: string[] = [];
    const poller = createPowerPoller({
      ...deps,
      events: { event: (_about, type, reason) => events.push(`${type} ${reason}`) },
      intervalMs: 200,
      mine: ({ metadata }) => metadata.name === name,
    });
    poller.start();
    running.push(poller);
    await expect.poll(async () => (await machine()).status?.powerState, patient).toBe('On');
    const { resourceVersion } = (await machine()).metadata;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect((await machine()).metadata.resourceVersion).toBe(resourceVersion);
    bmc.power = 'Off';
    await expect.poll(async () => (await machine()).status?.powerState, patient).toBe('Off');
    await credentials('wrong');
    await expect.poll(async () => (await machine()).status?.powerState, patient).toBe('Unknown');
    const asked = bmc.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(bmc.requests.length).toBe(asked);
    expect(events).toEqual(['Warning BmcAuthenticationFailed']);
    await credentials(user.password);
    await expect.poll(async () => (await machine()).status?.powerState, patient).toBe('Off');
    expect(events).toEqual(['Warning BmcAuthenticationFailed', 'Normal BmcAnswers']);
  });
});
