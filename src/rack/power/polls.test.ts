import { beforeEach, describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { machineKind } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { secrets } from '../../kube/core-resources.ts';
import { kubeError } from '../../kube/errors.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { silentLogger } from '../../log/logger.ts';
import type { PowerState } from './driver.ts';
import { type PowerErrorCode, powerError } from './errors.ts';
import { createPowerPolls, type PowerPolls, pauseAfter } from './polls.ts';

const minute = 60_000;
const intervalMs = minute;
const namespace = 'metalwright-system';
const bmc = { driver: 'ipmi' as const, address: '192.0.2.1', credentialsSecret: 'bmc' };
const { signal } = new AbortController();

describe('how long a BMC is left alone', () => {
  it.each([
    ['5 minutes after a wrong password', false, 1, 5 * minute],
    ['10 minutes after the second', false, 2, 10 * minute],
    ['never more than 15 minutes', false, 50, 15 * minute],
    ['one interval after no answer', true, 1, minute],
    ['twice that after the second', true, 2, 2 * minute],
    ['never more than 5 minutes', true, 5000, 5 * minute],
  ])('%s', (_sentence, retryable, failures, expected) => {
    expect(pauseAfter(retryable, failures, intervalMs)).toBe(expected);
  });

  it('is at least the interval, where that is longer', () => {
    expect(pauseAfter(true, 1, 10 * minute)).toBe(10 * minute);
  });
});

describe('polling a BMC', () => {
  let client: MemoryClient;
  let now: number;
  let answer: PowerState | PowerErrorCode;
  let asked: number;
  let closed: number;
  let events: string[];
  let polls: PowerPolls;
  let away: boolean;

  beforeEach(async () => {
    client = createMemoryClient();
    now = 0;
    answer = 'On';
    asked = 0;
    closed = 0;
    events = [];
    away = false;
    await client.create(machineKind, aMachine({ name: 'm1', spec: { bmc } }));
    await credentials('right');
    polls = createPowerPolls({
      client: client.connect({
        before() {
          if (away) throw kubeError('Unavailable', 'a test');
        },
      }),
      world: { machines: { ...unused, get: () => cached } },
      events: { event: (_about, type, reason) => events.push(`${type} ${reason}`) },
      namespace,
      lock: { run: (_address, _kind, work) => work() },
      clock: { now: () => now },
      log: silentLogger,
      intervalMs,
      openDriver: () => ({
        bootDevices: new Set(),
        async status() {
          asked += 1;
          if (answer === 'On' || answer === 'Off' || answer === 'Unknown') return answer;
          throw powerError(answer, 'a test', { retryable: answer === 'BmcUnreachable' });
        },
        async on() {},
        async off() {},
        async setBootDevice() {},
        async close() {
          closed += 1;
        },
      }),
    });
  });

  /** What the rack's cache says; the poll takes only `get` of it. */
  let cached: Machine | undefined;
  const unused = {
    start() {},
    async stop() {},
    async synced() {},
    hasSynced: () => true,
    list: () => [],
    byIndex: () => [],
    onChange: () => () => undefined,
  };

  async function credentials(password: string): Promise<void> {
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    await client.apply(
      secrets,
      {
        metadata: { name: 'bmc', namespace },
        data: { username: base64('user'), password: base64(password) },
      },
      { fieldManager: 'test' },
    );
  }

  /** One sweep, so long after the last. */
  async function poll(afterMs = intervalMs, status?: MachineStatus): Promise<PowerState | undefined> {
    now += afterMs;
    cached = await client.get(machineKind, 'm1');
    if (cached !== undefined && status !== undefined) cached = { ...cached, status };
    if (cached !== undefined) await polls.poll(cached, signal);
    return (await client.get(machineKind, 'm1'))?.status?.powerState;
  }

  it('stores what it says, once, and ends the session each time', async () => {
    expect(await poll()).toBe('On');
    const writes = client.writes();
    expect(await poll()).toBe('On');
    expect([asked, closed, client.writes()]).toEqual([2, 2, writes]);
    answer = 'Off';
    expect(await poll()).toBe('Off');
    expect(events).toEqual([]);
  });

  it('asks a BMC with a wrong password five times in the first hour, and tells people once', async () => {
    answer = 'BmcAuthenticationFailed';
    for (let elapsed = 0; elapsed < 60; elapsed += 1) await poll();
    expect(asked).toBe(5);
    expect(events).toEqual(['Warning BmcAuthenticationFailed']);
    expect((await client.get(machineKind, 'm1'))?.status?.powerState).toBe('Unknown');
  });

  it('asks at once with a new password, and tells that it answers again', async () => {
    answer = 'BmcAuthenticationFailed';
    await poll();
    answer = 'On';
    expect(await poll()).toBe('Unknown');
    await credentials('righter');
    expect(await poll()).toBe('On');
    expect(events).toEqual(['Warning BmcAuthenticationFailed', 'Normal BmcAnswers']);
  });

  it('makes nothing of a single lost answer', async () => {
    await poll();
    answer = 'BmcUnreachable';
    expect(await poll()).toBe('On');
    answer = 'On';
    expect(await poll()).toBe('On');
    expect(events).toEqual([]);
  });

  it('says Unknown after the second, and tells people once', async () => {
    await poll();
    answer = 'BmcUnreachable';
    await poll();
    expect(await poll()).toBe('Unknown');
    await poll(10 * minute);
    expect(events).toEqual(['Warning BmcUnreachable']);
  });

  it('tells when the fault becomes another', async () => {
    answer = 'BmcAuthenticationFailed';
    await poll();
    answer = 'BmcTlsFailed';
    await poll(20 * minute);
    expect(events).toEqual(['Warning BmcAuthenticationFailed', 'Warning BmcTlsFailed']);
  });

  it('needs no BMC to see that the Secret is missing', async () => {
    await client.delete(secrets, 'bmc', { namespace });
    expect(await poll()).toBe('Unknown');
    expect([asked, events]).toEqual([0, ['Warning BmcAuthenticationFailed']]);
    await credentials('right');
    expect(await poll()).toBe('On');
  });

  const power = {
    request: { id: 'r1', action: 'On' as const, requestedAt: '2026-01-01T00:00:00Z' },
  };
  it('does not come between while somebody powers the machine', async () => {
    await poll(intervalMs, { power });
    expect(asked).toBe(0);
  });

  it('keeps out of what began while the BMC was thinking', async () => {
    const machine = await client.get(machineKind, 'm1');
    cached = machine === undefined ? undefined : { ...machine, status: { power } };
    if (machine !== undefined) await polls.poll(machine, signal);
    expect(asked).toBe(1);
    expect((await client.get(machineKind, 'm1'))?.status?.powerState).toBeUndefined();
  });

  it('asks nothing while the credentials cannot be read, and makes nothing of it', async () => {
    away = true;
    expect(await poll()).toBeUndefined();
    expect([asked, events]).toEqual([0, []]);
  });

  it('forgets the faults of a machine that another rack looks after', async () => {
    answer = 'BmcAuthenticationFailed';
    await poll();
    polls.keepOnly([]);
    await poll();
    expect(asked).toBe(2);
  });
});
