import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestOperator, type TestOperator } from '../../../test/fixtures/controllers.ts';
import { aBootImage, aMachine } from '../../../test/fixtures/objects.ts';
import { type AllocationSpec, allocationKind } from '../../api/allocation/schema.ts';
import { type AllocationQuotaSpec, allocationQuotaKind } from '../../api/allocation-quota/schema.ts';
import { bootImageKind } from '../../api/boot-image/schema.ts';
import { findCondition } from '../../api/conditions.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { kubeError } from '../../kube/errors.ts';
import { createMemoryClient, type MemoryClient, type MemoryClientOptions } from '../../kube/memory-client.ts';
import { createAllocationQuotaController } from '../allocation-quota/controller.ts';
import { createAllocationController } from './controller.ts';
import { takeFromQuotas } from './quota.ts';

const patient = { timeout: 8_000, interval: 20 };
let client: MemoryClient;
let operators: TestOperator[];

beforeEach(async () => {
  client = createMemoryClient();
  operators = [];
  await client.create(bootImageKind, aBootImage({ name: 'debian-12' }));
});
afterEach(() => Promise.all(operators.map((operator) => operator.stop())));

async function start(options?: MemoryClientOptions): Promise<TestOperator> {
  const writer = options === undefined ? client : client.connect(options);
  const operator = await startTestOperator(writer, 'metalwright-system', client);
  operators.push(operator);
  operator.run(createAllocationController(operator.deps));
  operator.run(createAllocationQuotaController(operator.deps));
  return operator;
}

async function ready(name: string, cores = 4, pool = 'default') {
  const { spec } = aMachine({ spec: { pool } });
  await client.create(machineKind, { metadata: { name }, spec });
  const hardware = { cores, threads: cores, memoryMiB: 1024, nics: 1, disks: [] };
  await client.applyStatus(
    machineKind,
    { metadata: { name }, status: { phase: 'Ready', hardware } },
    { fieldManager: 'metalwright-machine' },
  );
}

function wish(name: string, spec: Partial<AllocationSpec> = {}, namespace = 'team') {
  return client.create(allocationKind, {
    metadata: { name, namespace },
    spec: { image: 'debian-12', constraints: {}, sshKeys: [], erase: 'Quick', priority: 0, ...spec },
  });
}

function quota(name: string, spec: AllocationQuotaSpec) {
  return client.create(allocationQuotaKind, { metadata: { name, namespace: 'team' }, spec });
}

/** `machine`, or why there is none, of every Allocation of the namespace. */
async function outcomes(namespace = 'team'): Promise<string[]> {
  const { items } = await client.list(allocationKind, { namespace });
  return items.map(
    ({ status }) => status?.machine ?? findCondition(status?.conditions, 'Ready')?.reason ?? 'nothing',
  );
}

async function held(namespace = 'team'): Promise<string[]> {
  const { items } = await client.list(machineKind);
  return items
    .filter(({ status }) => status?.allocation?.namespace === namespace)
    .map(({ metadata }) => metadata.name);
}

describe('a quota', () => {
  it('of machines is kept, says what is used, and lets who waits go on when it is raised', async () => {
    for (const name of ['m1', 'm2', 'm3']) await ready(name);
    await quota('q', { limits: { machines: 1 } });
    await start();
    await wish('a');
    await expect.poll(() => outcomes(), patient).toEqual(['m1']);
    await wish('b');
    await expect.poll(() => outcomes(), patient).toEqual(['m1', 'QuotaExceeded']);
    const { conditions } = (await client.get(allocationKind, 'b', 'team'))?.status ?? {};
    expect(findCondition(conditions, 'Ready')?.message).toContain('machines: 1 used of 1, 1 asked');
    await expect
      .poll(async () => (await client.get(allocationQuotaKind, 'q', 'team'))?.status?.used, patient)
      .toMatchObject({ machines: 1, cores: 4 });
    await client.patch(
      allocationQuotaKind,
      'q',
      { spec: { limits: { machines: 2 } } },
      { namespace: 'team' },
    );
    await expect.poll(() => outcomes(), patient).toEqual(['m1', 'm2']);
  });

  it('lets who waits go on when something is given back', async () => {
    for (const name of ['m1', 'm2']) await ready(name);
    await quota('q', { limits: { machines: 1 } });
    await start();
    await wish('a');
    await expect.poll(() => outcomes(), patient).toEqual(['m1']);
    await wish('b');
    await expect.poll(() => outcomes(), patient).toEqual(['m1', 'QuotaExceeded']);
    const uid = (await client.get(allocationKind, 'a', 'team'))?.metadata.uid ?? '';
    await client.delete(allocationKind, 'a', { namespace: 'team' });
    const status = { phase: 'Releasing' as const, release: { allocationUid: uid, erase: 'Quick' as const } };
    await client.applyStatus(
      machineKind,
      { metadata: { name: 'm1' }, status },
      { fieldManager: 'metalwright-machine', force: true },
    );
    await expect.poll(() => outcomes(), patient).toEqual(['m2']);
  });

  it('of cores looks at the machines that it could have, of a pool at that pool alone', async () => {
    await ready('big', 64, 'batch');
    await ready('small', 8, 'batch');
    await ready('other', 128);
    await quota('q', { pool: 'batch', limits: { cores: 10 } });
    await start();
    await wish('a', { constraints: { pool: 'batch' } });
    await expect.poll(() => outcomes(), patient).toEqual(['small']);
    await wish('b', { constraints: { pool: 'batch' } });
    await expect.poll(() => outcomes(), patient).toEqual(['small', 'QuotaExceeded']);
    await wish('c');
    await expect.poll(() => outcomes(), patient).toEqual(['small', 'QuotaExceeded', 'other']);
  });

  it('does not count what other namespaces hold', async () => {
    for (const name of ['m1', 'm2']) await ready(name);
    await quota('q', { limits: { machines: 1 } });
    await start();
    await wish('x', {}, 'elsewhere');
    await wish('a');
    await expect
      .poll(async () => (await outcomes()).concat(await outcomes('elsewhere')).sort(), patient)
      .toEqual(['m1', 'm2']);
  });

  it('is not what is complained of when no machine fits anyhow', async () => {
    await ready('m1');
    await quota('q', { limits: { machines: 0 } });
    await start();
    await wish('a', { constraints: { cores: 1000 } });
    await expect.poll(() => outcomes(), patient).toEqual(['NoMachineFits']);
  });

  it('is never exceeded by many at once, of two operators that both believe to lead and lose answers', async () => {
    const most = 5;
    for (let n = 0; n < 20; n++) await ready(`m${String(n).padStart(2, '0')}`);
    await quota('q', { limits: { machines: most } });
    let worst = 0;
    let writes = 0;
    const losing: MemoryClientOptions = {
      async before() {
        worst = Math.max(worst, (await held()).length);
      },
      after({ verb }) {
        if (verb === 'applyStatus' && ++writes % 7 === 0)
          throw kubeError('Unavailable', 'a test: the answer got lost');
      },
    };
    await Promise.all([start(losing), start(losing)]);
    await Promise.all(Array.from({ length: 20 }, () => wish(`a-${randomUUID()}`)));
    await expect
      .poll(async () => (await outcomes()).filter((one) => one === 'QuotaExceeded').length, patient)
      .toBe(20 - most);
    await expect.poll(async () => (await held()).length, patient).toBe(most);
    expect(worst).toBeLessThanOrEqual(most);
  });
});

describe('taking from a quota', () => {
  it('counts what was granted and does not show yet, for a minute', async () => {
    await ready('m1');
    await ready('m2');
    await quota('q', { limits: { machines: 1 } });
    const [a, b] = [await wish('a'), await wish('b')];
    const operator = await startTestOperator(client, 'metalwright-system');
    operators.push(operator);
    const { informers, fence } = operator.deps;
    const [m1, m2] = informers.machines.list();
    await expect.poll(() => informers.quotas.list().length).toBe(1);
    const deps = { client, informers, fence };
    expect(await takeFromQuotas(a, m1!, 1_000_000, deps)).toBeUndefined();
    expect(await takeFromQuotas(b, m2!, 1_000_000 + 59_000, deps)).toMatch(/1 used of 1/);
    expect(await takeFromQuotas(a, m2!, 1_000_000 + 59_000, deps)).toBeUndefined();
    expect(await takeFromQuotas(b, m2!, 1_000_000 + 120_000, deps)).toBeUndefined();
  });

  it('does not count what was granted to an Allocation that has changed since: it was not bound then', async () => {
    await ready('m1');
    await ready('m2');
    await quota('q', { limits: { machines: 1 } });
    const [a, b] = [await wish('a'), await wish('b')];
    const operator = await startTestOperator(client, 'metalwright-system');
    operators.push(operator);
    const { informers, fence } = operator.deps;
    const [m1, m2] = informers.machines.list();
    await expect.poll(() => informers.quotas.list().length).toBe(1);
    const deps = { client, informers, fence };
    expect(await takeFromQuotas(a, m1!, 1_000_000, deps)).toBeUndefined();
    expect(await takeFromQuotas(b, m2!, 1_000_001, deps)).toMatch(/1 used of 1/);
    await client.patch(allocationKind, 'a', { spec: { priority: 1 } }, { namespace: 'team' });
    expect(await takeFromQuotas(b, m2!, 1_000_002, deps)).toBeUndefined();
  });
});
