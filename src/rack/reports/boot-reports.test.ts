import { afterEach, describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { kubeError } from '../../kube/errors.ts';
import { createInformer } from '../../kube/informer.ts';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { createMemoryClient, type MemoryCall } from '../../kube/memory-client.ts';
import { silentLogger } from '../../log/logger.ts';
import type { BootReport } from '../agent-api/ports.ts';
import { createBootReports } from './boot-reports.ts';
import { deliverReport } from './deliver.ts';
import { createOutbox } from './outbox.ts';

const at = '2026-01-01T00:00:00Z';
const dhcp: BootReport = { generation: 1, stage: 'Dhcp', at, mac: '52:54:00:00:00:01', subnet: 's' };

async function setting(before: (call: MemoryCall) => void | Promise<void> = () => undefined) {
  const client = createMemoryClient();
  await client.create(machineKind, aMachine({ name: 'm1' }));
  const machines = createInformer({ client, resource: machineKind, log: silentLogger });
  machines.start();
  await machines.synced();
  const timers = createManualTimers();
  const writes: MemoryCall[] = [];
  const rack = client.connect({
    async before(call) {
      if (call.verb === 'applyStatus') writes.push(call);
      await before(call);
    },
  });
  const clock = { now: () => Date.parse(at) };
  const outbox = createOutbox({
    deliver: (machine, entry) => deliverReport(machine, entry, { client: rack, rackName: 'rack-1', clock }),
    log: silentLogger,
    timers,
  });
  const reports = createBootReports({ outbox, world: { machines } });
  outbox.start();
  const stored = async () => (await client.get(machineKind, 'm1'))?.status?.bootProgress;
  const stop = async () => {
    await outbox.stop();
    await machines.stop();
  };
  stops.push(stop);
  return { client, reports, timers, writes, stored, stop };
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe('boot reports', () => {
  it('are stored with the name of the rack', async () => {
    const { reports, timers, stored } = await setting();
    reports.report('m1', dhcp);
    await timers.advance(0);
    const seen = [{ stage: 'Dhcp', at, mac: '52:54:00:00:00:01', rack: 'rack-1' }];
    expect(await stored()).toEqual({ ...dhcp, rack: 'rack-1', seen });
  });

  it('that come while one is being written become one write, and the newest is not lost', async () => {
    const gate = Promise.withResolvers<void>();
    const { reports, timers, writes, stored } = await setting((call) =>
      call.verb === 'applyStatus' ? gate.promise : undefined,
    );
    reports.report('m1', dhcp);
    await timers.advance(0);
    for (const stage of ['Loader', 'Kernel', 'Agent'] as const) reports.report('m1', { ...dhcp, stage });
    gate.resolve();
    await timers.advance(0);
    expect(writes).toHaveLength(2);
    expect((await stored())?.stage).toBe('Agent');
    const stages = (await stored())?.seen?.map(({ stage, rack }) => `${stage} ${rack}`);
    expect(stages).toEqual(['Dhcp rack-1', 'Loader rack-1', 'Kernel rack-1', 'Agent rack-1']);
  });

  it('that say nothing new cost no request', async () => {
    const { reports, timers, writes } = await setting();
    reports.report('m1', dhcp);
    await timers.advance(0);
    reports.report('m1', { ...dhcp, at: '2026-01-01T00:01:00Z' });
    await timers.advance(0);
    expect(writes).toHaveLength(1);
  });

  it('are kept while the API server is away, and written soon after it is back', async () => {
    let away = true;
    const { reports, timers, stored } = await setting(() => {
      if (away) throw kubeError('Unavailable', 'a test');
    });
    reports.report('m1', dhcp);
    await timers.advance(600_000);
    reports.report('m1', { ...dhcp, stage: 'Loader' });
    reports.report('m1', { ...dhcp, stage: 'Dhcp', subnet: 'late' });
    await timers.advance(60_000);
    expect(await stored()).toBeUndefined();
    away = false;
    await timers.advance(10_000);
    expect(await stored()).toMatchObject({ stage: 'Loader', subnet: 's' });
  });

  it('do not undo what another rack has stored meanwhile', async () => {
    const { client, reports, timers, stored } = await setting();
    const bootProgress = { ...dhcp, stage: 'Kernel' as const, rack: 'rack-2' };
    await client.applyStatus(
      machineKind,
      { metadata: { name: 'm1' }, status: { bootProgress } },
      { fieldManager: 'metalwright-rack-boot' },
    );
    reports.report('m1', { ...dhcp, stage: 'Loader' });
    await timers.advance(1_000);
    expect(await stored()).toEqual(bootProgress);
  });

  it('look again when somebody else wrote at the same time', async () => {
    let conflicts = 1;
    const { reports, timers, stored } = await setting((call) => {
      if (call.verb === 'applyStatus' && conflicts-- > 0) throw kubeError('Conflict', 'a test');
    });
    reports.report('m1', dhcp);
    await timers.advance(1_000);
    expect((await stored())?.stage).toBe('Dhcp');
  });

  it.each([['Invalid' as const], ['BadRequest' as const]])(
    'that are refused as %s are not repeated',
    async (code) => {
      const { reports, timers, writes } = await setting((call) => {
        if (call.verb === 'applyStatus') throw kubeError(code, 'a test');
      });
      reports.report('m1', dhcp);
      await timers.advance(600_000);
      expect(writes).toHaveLength(1);
    },
  );

  it('of a machine that is gone are dropped', async () => {
    const { client, reports, timers, writes } = await setting();
    await client.delete(machineKind, 'm1');
    reports.report('m1', dhcp);
    await timers.advance(600_000);
    expect(writes).toHaveLength(0);
  });
});
