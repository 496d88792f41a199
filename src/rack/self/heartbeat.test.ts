import { afterEach, describe, expect, it } from 'vitest';
import { rackKind } from '../../api/rack/schema.ts';
import { leases } from '../../kube/core-resources.ts';
import { kubeError } from '../../kube/errors.ts';
import { createInformer } from '../../kube/informer.ts';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { createMemoryClient, type MemoryCall } from '../../kube/memory-client.ts';
import { silentLogger } from '../../log/logger.ts';
import { createHeartbeat, heartbeat, rackLeaseName } from './heartbeat.ts';
import { createRackLiveness } from './liveness.ts';
import type { SelfObservation } from './status.ts';

const namespace = 'metalwright-system';
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function setting(before: (call: MemoryCall) => void = () => undefined) {
  const client = createMemoryClient();
  const timers = createManualTimers();
  const clock = { now: () => Date.parse('2026-01-01T00:00:00Z') + timers.monotonic() };
  const racks = createInformer({ client, resource: rackKind, log: silentLogger });
  racks.start();
  await racks.synced();
  const calls: MemoryCall[] = [];
  const observed: Omit<SelfObservation, 'generation'> = {
    version: '1.0.0',
    httpUrl: undefined,
    attachments: [],
    services: [],
    leases: 0,
  };
  const beating = createHeartbeat({
    client: client.connect({
      before(call) {
        calls.push(call);
        before(call);
      },
    }),
    world: { racks },
    rackName: 'rack-1',
    namespace,
    observe: () => observed,
    clock,
    log: silentLogger,
    timers,
  });
  stops.push(
    () => beating.stop(),
    () => racks.stop(),
  );
  const renewed = async () => (await client.get(leases, rackLeaseName('rack-1'), namespace))?.spec?.renewTime;
  const statusWrites = () => calls.filter(({ verb }) => verb === 'applyStatus').length;
  return { client, timers, clock, beating, observed, renewed, statusWrites };
}

describe('the heartbeat', () => {
  it('renews the Lease on every beat, and writes the status once', async () => {
    const { client, timers, beating, renewed, statusWrites } = await setting();
    beating.start();
    await timers.advance(0);
    expect(await renewed()).toBe('2026-01-01T00:00:00.000000Z');
    await timers.advance(3 * heartbeat.renewMs);
    expect(await renewed()).toBe('2026-01-01T00:00:30.000000Z');
    expect(statusWrites()).toBe(1);
    expect((await client.get(rackKind, 'rack-1'))?.status).toMatchObject({
      version: '1.0.0',
      lastSeen: '2026-01-01T00:00:00.000Z',
    });
  });

  it('says once a minute that it was seen, though there is no news', async () => {
    const { client, timers, beating, statusWrites } = await setting();
    beating.start();
    await timers.advance(5 * heartbeat.seenMs);
    expect(statusWrites()).toBe(6);
    expect((await client.get(rackKind, 'rack-1'))?.status?.lastSeen).toBe('2026-01-01T00:05:00.000Z');
  });

  it('writes the status when there is news', async () => {
    const { client, timers, beating, observed, statusWrites } = await setting();
    beating.start();
    await timers.advance(heartbeat.renewMs);
    observed.leases = 5;
    await timers.advance(heartbeat.renewMs);
    expect(statusWrites()).toBe(2);
    expect((await client.get(rackKind, 'rack-1'))?.status?.leases).toBe(5);
  });

  it('takes its conditions back from whoever declared it silent', async () => {
    const { client, timers, beating } = await setting();
    beating.start();
    await timers.advance(0);
    const conditions = [
      {
        type: 'Stalled',
        status: 'True' as const,
        reason: 'RackSilent',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ];
    await client.applyStatus(
      rackKind,
      { metadata: { name: 'rack-1' }, status: { conditions } },
      { fieldManager: 'watcher' },
    );
    await timers.advance(heartbeat.renewMs);
    const reasons = (await client.get(rackKind, 'rack-1'))?.status?.conditions?.map(({ reason }) => reason);
    expect(reasons).toEqual(['NoNetwork', 'NoNetwork', 'NoNetwork']);
  });

  it('starts and beats on while the API server is away', async () => {
    let away = true;
    const { timers, beating, renewed } = await setting(() => {
      if (away) throw kubeError('Unavailable', 'a test');
    });
    beating.start();
    await timers.advance(5 * heartbeat.renewMs);
    expect(beating.isCurrent()).toBe(false);
    away = false;
    await timers.advance(heartbeat.renewMs);
    expect(await renewed()).toBeDefined();
    expect(beating.isCurrent()).toBe(true);
  });

  it('stops trusting itself before others take over', async () => {
    let away = false;
    const { timers, beating } = await setting(() => {
      if (away) throw kubeError('Unavailable', 'a test');
    });
    beating.start();
    await timers.advance(0);
    away = true;
    await timers.advance(heartbeat.trustMs - 1);
    expect(beating.isCurrent()).toBe(true);
    await timers.advance(1);
    expect(beating.isCurrent()).toBe(false);
    expect(heartbeat.trustMs).toBeLessThan(heartbeat.aliveMs);
  });

  it('ends when it is stopped', async () => {
    const { timers, beating, renewed } = await setting();
    beating.start();
    await timers.advance(0);
    await beating.stop();
    await timers.advance(10 * heartbeat.renewMs);
    expect(await renewed()).toBe('2026-01-01T00:00:00.000000Z');
  });
});

describe('which racks are alive', () => {
  async function liveness() {
    const { client, clock, timers } = await setting();
    const alive = createRackLiveness({ client, namespace, clock, log: silentLogger });
    const renew = async (rack: string, renewTime: string): Promise<void> => {
      await client.apply(
        leases,
        { metadata: { name: rackLeaseName(rack), namespace }, spec: { renewTime } },
        { fieldManager: rack },
      );
      await timers.advance(0);
    };
    stops.push(() => alive.stop());
    return { client, timers, alive, renew };
  }

  it('is seen from their renewals, whatever their clocks say', async () => {
    const { timers, alive, renew } = await liveness();
    await renew('b', '1999-01-01T00:00:00Z');
    await renew('a', '2099-01-01T00:00:00Z');
    alive.start();
    await alive.synced();
    expect([alive.isAlive('a'), alive.isAlive('b'), alive.first()]).toEqual([true, true, 'a']);
    await timers.advance(heartbeat.aliveMs - 1);
    await renew('b', '1999-01-01T00:00:10Z');
    await timers.advance(1);
    expect([alive.isAlive('a'), alive.isAlive('b'), alive.first()]).toEqual([false, true, 'b']);
  });

  it('does not count a rack without a Lease', async () => {
    const { client, timers, alive, renew } = await liveness();
    await renew('a', '2026-01-01T00:00:00Z');
    alive.start();
    await alive.synced();
    expect(alive.isAlive('never')).toBe(false);
    await client.delete(leases, rackLeaseName('a'), { namespace });
    await timers.advance(0);
    expect([alive.isAlive('a'), alive.first()]).toEqual([false, undefined]);
  });
});
