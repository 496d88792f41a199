import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { allocationQuotaKind } from '../../../src/api/allocation-quota/schema.ts';
import { approvalPolicyKind } from '../../../src/api/approval-policy/schema.ts';
import { findCondition } from '../../../src/api/conditions.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import type { MachineSpec } from '../../../src/api/machine/spec.ts';
import type { MachineStatus } from '../../../src/api/machine/status.ts';
import { machineInventoryKind } from '../../../src/api/machine-inventory/schema.ts';
import { names } from '../../../src/api/meta.ts';
import { poolKind } from '../../../src/api/pool/schema.ts';
import { tagKind } from '../../../src/api/tag/schema.ts';
import { zoneKind } from '../../../src/api/zone/schema.ts';
import { createAllocationController } from '../../../src/controllers/allocation/controller.ts';
import { createPolicyControllers } from '../../../src/controllers/policies.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { startTestOperator, type TestOperator } from '../../fixtures/controllers.ts';
import {
  aMachine,
  anAllocation,
  createImage,
  operatorNamespace,
  type Setting,
  startOperator,
  startSetting,
} from '../controllers/setting.ts';

const patient = { timeout: 60_000, interval: 200 };
const example = join(import.meta.dirname, '../../../docs/examples/machineinventory.yaml');
const { hardware } = machineInventoryKind.parse(parse(readFileSync(example, 'utf8')));
const summary = {
  cores: 4,
  threads: 8,
  memoryMiB: 8192,
  nics: 1,
  disks: [{ name: 'sda', sizeBytes: 1e10, kind: 'SSD' as const }],
};

describe('policies on a real API server', () => {
  let setting: Setting;
  let client: KubeClient;
  const running: { stop(): Promise<void> }[] = [];

  beforeAll(async () => {
    setting = await startSetting();
    client = setting.client;
    await createImage(client, 'debian-12');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((process) => process.stop()));
  });
  afterAll(() => setting.stop());

  /** One operator process; several may believe to lead. */
  async function operator(allocations = false): Promise<TestOperator> {
    const started = await startTestOperator(client, operatorNamespace);
    running.push(started);
    const deps = { ...started.deps, clock: systemClock };
    for (const controller of createPolicyControllers(deps)) started.run(controller);
    if (allocations) started.run(createAllocationController(deps));
    return started;
  }

  let count = 0;
  async function machine(name: string, spec: Partial<MachineSpec>, status: MachineStatus, enlists = false) {
    const given = aMachine(name, ++count, spec);
    const labels = enlists ? { [names.enlistedBy]: 'rack-1' } : {};
    await client.create(machineKind, { ...given, metadata: { name, labels } });
    await client.applyStatus(
      machineKind,
      { metadata: { name }, status },
      { fieldManager: 'metalwright-machine' },
    );
    await client.create(machineInventoryKind, {
      metadata: { name },
      collectedAt: '2026-01-01T00:00:00Z',
      hardware,
    });
  }

  async function said(name: string, type: string): Promise<string> {
    const found = await client.get(machineKind, name);
    const condition = findCondition(found?.status?.conditions, type);
    return `${condition?.status} ${condition?.reason}`;
  }

  it('approves up to the limit, with two operators at it', async () => {
    await client.create(approvalPolicyKind, {
      metadata: { name: 'lab' },
      spec: { rules: [{ subnets: ['row-7'], macPrefixes: ['52:54:00'] }], limits: { total: 2 } },
    });
    const all = ['e0', 'e1', 'e2', 'e3', 'e4'];
    for (const name of all) {
      const mac = '52:54:00:00:00:77';
      const bootProgress = {
        generation: 0,
        stage: 'Agent' as const,
        at: '2026-01-01T00:00:00Z',
        rack: 'rack-1',
        mac,
        subnet: 'row-7',
      };
      await machine(name, { approved: false }, { phase: 'New', bootProgress }, true);
    }
    await Promise.all([operator(), operator()]);
    await expect
      .poll(async () => (await Promise.all(all.map((name) => said(name, 'Approved')))).toSorted(), patient)
      .toEqual([
        'False LimitReached',
        'False LimitReached',
        'False LimitReached',
        'True ByPolicy',
        'True ByPolicy',
      ]);
    const policy = await client.get(approvalPolicyKind, 'lab');
    expect(policy?.status?.approvals).toBe(2);
    await expect
      .poll(
        async () =>
          findCondition((await client.get(approvalPolicyKind, 'lab'))?.status?.conditions, 'Ready')?.reason,
        patient,
      )
      .toBe('TotalReached');
  });

  it('makes the default zone and pool, tags by expression, and says which zone is missing', async () => {
    await client.create(tagKind, {
      metadata: { name: 'any-memory' },
      spec: { expression: 'inventory.memory.totalMiB > 0', kernelArguments: ['tagged=1'] },
    });
    await client.create(tagKind, {
      metadata: { name: 'wrong' },
      spec: { expression: 'inventory.memory.total > 0' },
    });
    await machine('t0', { zone: 'nowhere' }, { phase: 'Ready', hardware: summary });
    await operator();
    await expect.poll(() => said('t0', 'ZoneAndPoolFound'), patient).toBe('False ZoneNotFound');
    await expect
      .poll(async () => (await client.get(machineKind, 't0'))?.status?.tags, patient)
      .toEqual(['any-memory']);
    expect((await client.get(machineKind, 't0'))?.status?.kernelArguments).toEqual(['tagged=1']);
    expect((await client.get(machineKind, 't0'))?.status?.phase).toBe('Ready');
    await client.create(zoneKind, { metadata: { name: 'nowhere' }, spec: {} });
    await expect.poll(() => said('t0', 'ZoneAndPoolFound'), patient).toBe('True Found');
    expect(await client.get(poolKind, 'default')).toBeDefined();
    await expect.poll(async () => (await client.get(zoneKind, 'nowhere'))?.status?.machines, patient).toBe(1);
    const reason = async () =>
      findCondition((await client.get(tagKind, 'wrong'))?.status?.conditions, 'Ready')?.reason;
    await expect.poll(reason, patient).toBe('ExpressionInvalid');
  });

  it('gives no Allocation a machine that shares its identity, until it is the only one', async () => {
    const macAddresses = ['52:54:00:00:99:01'];
    const status = { phase: 'Ready' as const, hardware: summary };
    for (const name of ['twin-a', 'twin-b']) await machine(name, { macAddresses, pool: 'twins' }, status);
    await operator(true);
    await expect.poll(() => said('twin-a', 'IdentityUnique'), patient).toBe('False SharedMacAddress');
    await expect.poll(() => said('twin-b', 'IdentityUnique'), patient).toBe('False SharedMacAddress');
    await client.create(allocationKind, anAllocation('of-a-twin', { constraints: { pool: 'twins' } }));
    const found = async () => {
      const { status: of } = (await client.get(allocationKind, 'of-a-twin', 'default')) ?? {};
      return of?.machine ?? findCondition(of?.conditions, 'Ready')?.reason;
    };
    await expect.poll(found, patient).toBe('NoMachineFits');
    await client.delete(machineKind, 'twin-b');
    await expect.poll(found, patient).toBe('twin-a');
  });

  it('never exceeds a quota, with two operators at it, and goes on when it is raised', async () => {
    const pool = 'quota';
    const status = { phase: 'Ready' as const, hardware: summary };
    for (let n = 0; n < 12; n++) await machine(`q${n}`, { pool }, status);
    const namespace = 'default';
    await client.create(allocationQuotaKind, {
      metadata: { name: 'q', namespace },
      spec: { pool, limits: { machines: 4 } },
    });
    const first = await operator(true);
    await operator(true);
    let worst = 0;
    const held = () =>
      first.informers.machines
        .list()
        .filter(({ spec, status: of }) => spec.pool === pool && of?.allocation !== undefined).length;
    first.informers.machines.onChange(() => {
      worst = Math.max(worst, held());
    });
    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        client.create(allocationKind, anAllocation(`q-${n}`, { constraints: { pool } })),
      ),
    );
    const reasons = async () =>
      (await client.list(allocationKind, { namespace })).items
        .filter(({ metadata }) => metadata.name.startsWith('q-'))
        .map(({ status: of }) =>
          of?.machine !== undefined ? 'held' : findCondition(of?.conditions, 'Ready')?.reason,
        );
    const counted = async () =>
      Object.fromEntries(
        [...Map.groupBy(await reasons(), (reason) => reason)].map(([reason, all]) => [reason, all.length]),
      );
    await expect.poll(counted, patient).toEqual({ held: 4, QuotaExceeded: 8 });
    await expect.poll(held, patient).toBe(4);
    expect(worst).toBe(4);
    await expect
      .poll(
        async () => (await client.get(allocationQuotaKind, 'q', namespace))?.status?.used?.machines,
        patient,
      )
      .toBe(4);
    await client.patch(allocationQuotaKind, 'q', { spec: { limits: { machines: 6 } } }, { namespace });
    await expect.poll(counted, patient).toEqual({ held: 6, QuotaExceeded: 6 });
  });

  it('leaves the fields of the machine controller alone, and is left alone by it', async () => {
    await machine('both', { approved: true, locked: true }, {});
    running.push(await startOperator({ client }));
    await operator();
    await expect.poll(() => said('both', 'Approved'), patient).toBe('True ByPerson');
    await expect.poll(() => said('both', 'Stalled'), patient).toBe('True Locked');
    const phase = async () => (await client.get(machineKind, 'both'))?.status?.phase;
    expect(await phase()).toBe('New');
    await client.patch(machineKind, 'both', { spec: { locked: false, quarantined: true } });
    await expect.poll(() => said('both', 'Approved'), patient).toBe('False Quarantined');
    await expect.poll(() => said('both', 'Stalled'), patient).toBe('True AwaitingApproval');
    // All machines of this test have the inventory of one example.
    await expect.poll(() => said('both', 'IdentityUnique'), patient).toBe('False SharedUuid');
  });
});
