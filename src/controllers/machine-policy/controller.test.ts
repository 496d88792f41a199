import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startTestOperator, type TestOperator } from '../../../test/fixtures/controllers.ts';
import { aMachine } from '../../../test/fixtures/objects.ts';
import { type ApprovalPolicy, approvalPolicyKind } from '../../api/approval-policy/schema.ts';
import { findCondition } from '../../api/conditions.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import type { MachineSpec } from '../../api/machine/spec.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { type MachineInventory, machineInventoryKind } from '../../api/machine-inventory/schema.ts';
import { names } from '../../api/meta.ts';
import { poolKind } from '../../api/pool/schema.ts';
import { tagKind } from '../../api/tag/schema.ts';
import { zoneKind } from '../../api/zone/schema.ts';
import { isApproved } from '../../domain/lifecycle/approval.ts';
import { kubeError } from '../../kube/errors.ts';
import { createMemoryClient, type MemoryClient, type MemoryClientOptions } from '../../kube/memory-client.ts';
import { createPolicyControllers } from '../policies.ts';

const example = join(import.meta.dirname, '../../../docs/examples/machineinventory.yaml');
const inventory = machineInventoryKind.parse(parse(readFileSync(example, 'utf8')));
const patient = { timeout: 10_000, interval: 20 };

let client: MemoryClient;
let operators: TestOperator[];

beforeEach(() => {
  client = createMemoryClient();
  operators = [];
});
afterEach(() => Promise.all(operators.map((operator) => operator.stop())));

async function start(options?: MemoryClientOptions): Promise<TestOperator> {
  const writer = options === undefined ? client : client.connect(options);
  const operator = await startTestOperator(writer, 'metalwright-system', client);
  operators.push(operator);
  for (const controller of createPolicyControllers({ ...operator.deps, vanishedMs: 60_000 }))
    operator.run(controller);
  return operator;
}

let macs = 0;
/** A machine that enlisted itself, unless `labels` says otherwise. */
async function enlisted(
  name: string,
  spec: Partial<MachineSpec> = {},
  labels: Record<string, string> = { [names.enlistedBy]: 'rack-1' },
) {
  const mac = `52:54:00:00:01:${(++macs % 256).toString(16).padStart(2, '0')}`;
  const given = aMachine({ name, spec: { macAddresses: [mac], approved: false, ...spec } });
  await client.create(machineKind, { metadata: { name, labels }, spec: given.spec });
  await write(name, {
    phase: 'New',
    bootProgress: {
      generation: 0,
      stage: 'Agent',
      at: '2026-01-01T00:00:00Z',
      rack: 'rack-1',
      mac,
      subnet: 'row-7',
    },
  });
  await take(name, '2026-01-01T00:00:00Z');
}

function write(name: string, status: MachineStatus, fieldManager = 'test') {
  return client.applyStatus(machineKind, { metadata: { name }, status }, { fieldManager });
}

function take(name: string, collectedAt: string, change: Partial<MachineInventory['hardware']> = {}) {
  const hardware = { ...inventory.hardware, ...change };
  return client.apply(
    machineInventoryKind,
    { metadata: { name }, collectedAt, hardware },
    { fieldManager: 'test' },
  );
}

function policy(name: string, spec: Partial<ApprovalPolicy['spec']> = {}) {
  const rules = [{ subnets: ['row-7'] }];
  return client.create(approvalPolicyKind, {
    metadata: { name },
    spec: { priority: 0, suspended: false, rules, limits: {}, ...spec },
  });
}

async function machine(name: string): Promise<Machine> {
  const found = await client.get(machineKind, name);
  if (found === undefined) throw new Error(`there is no machine ${name}`);
  return found;
}

async function said(name: string, type: string): Promise<string> {
  const condition = findCondition((await machine(name)).status?.conditions, type);
  return condition === undefined ? 'nothing' : `${condition.status} ${condition.reason}`;
}

describe('approval by policy', () => {
  it('is recorded in the status, charged to the policy, and told', async () => {
    await policy('lab');
    await enlisted('m');
    const operator = await start();
    await expect.poll(() => said('m', 'Approved'), patient).toBe('True ByPolicy');
    expect((await machine('m')).status?.approval?.policy).toBe('lab');
    expect((await machine('m')).spec.approved).toBe(false);
    expect(isApproved(await machine('m'))).toBe(true);
    expect((await client.get(approvalPolicyKind, 'lab'))?.status?.approvals).toBe(1);
    expect(operator.events).toContain('Machine/m Normal Approved');
  });

  it.each<[string, Partial<MachineSpec>, Partial<ApprovalPolicy['spec']>, string]>([
    ['is not given where no policy fits', {}, { rules: [{ subnets: ['row-8'] }] }, 'False NoPolicyFits'],
    ['is not given while the policy is suspended', {}, { suspended: true }, 'False NoPolicy'],
    ['is not given in quarantine', { quarantined: true }, {}, 'False Quarantined'],
    ['is not needed where a person approved', { approved: true }, {}, 'True ByPerson'],
  ])('%s', async (_, spec, of, expected) => {
    await policy('lab', of);
    await enlisted('m', spec);
    await start();
    await expect.poll(() => said('m', 'Approved'), patient).toBe(expected);
    expect((await machine('m')).status?.approval).toBeUndefined();
  });

  it('is not given to what a person described and did not approve', async () => {
    await policy('lab');
    await enlisted('m', {}, {});
    await start();
    await expect.poll(() => said('m', 'Approved'), patient).toBe('False NotEnlisted');
  });

  it('counts no more in quarantine', async () => {
    await policy('lab');
    await enlisted('m');
    await start();
    await expect.poll(() => said('m', 'Approved'), patient).toBe('True ByPolicy');
    await client.patch(machineKind, 'm', { spec: { quarantined: true } });
    await expect.poll(() => said('m', 'Approved'), patient).toBe('False Quarantined');
    expect(isApproved(await machine('m'))).toBe(false);
  });

  it('never goes above a limit, though two operators believe to lead, and writes get lost', async () => {
    await policy('lab', { limits: { total: 3 } });
    const all = Array.from({ length: 12 }, (_, n) => `m${n}`);
    for (const name of all) await enlisted(name);
    let writes = 0;
    const losing: MemoryClientOptions = {
      after({ verb, plural }) {
        if (verb === 'applyStatus' && plural === 'approvalpolicies' && ++writes % 2 === 1)
          throw kubeError('Unavailable', 'a test: the answer got lost');
      },
    };
    await Promise.all([start(losing), start(losing)]);
    const conditions = () => Promise.all(all.map((name) => said(name, 'Approved')));
    await expect
      .poll(async () => (await conditions()).toSorted(), patient)
      .toEqual([...Array(9).fill('False LimitReached'), ...Array(3).fill('True ByPolicy')]);
    expect((await client.get(approvalPolicyKind, 'lab'))?.status?.approvals).toBe(3);
    await client.patch(approvalPolicyKind, 'lab', { spec: { limits: { total: 4 } } });
    await expect
      .poll(async () => (await conditions()).filter((one) => one === 'True ByPolicy').length, patient)
      .toBe(4);
  });

  it('goes on when the hour is over', async () => {
    await policy('lab', { limits: { perHour: 1 } });
    await enlisted('a');
    await enlisted('b');
    const operator = await start();
    const approved = async () => [await said('a', 'Approved'), await said('b', 'Approved')].toSorted();
    await expect.poll(approved, patient).toEqual(['False LimitReached', 'True ByPolicy']);
    operator.clock.time += 3_600_001;
    await client.patch(machineKind, 'a', { metadata: { annotations: { look: 'again' } } });
    await client.patch(machineKind, 'b', { metadata: { annotations: { look: 'again' } } });
    await expect.poll(approved, patient).toEqual(['True ByPolicy', 'True ByPolicy']);
  });
});

describe('identity', () => {
  it('that two machines share is said on both, until one of them goes', async () => {
    await enlisted('a', { macAddresses: ['52:54:00:00:02:01'] });
    await enlisted('b', { macAddresses: ['52:54:00:00:02:02', '52:54:00:00:02:01'] });
    const operator = await start();
    for (const name of ['a', 'b'])
      await expect.poll(() => said(name, 'IdentityUnique'), patient).toBe('False SharedMacAddress');
    expect(findCondition((await machine('a')).status?.conditions, 'IdentityUnique')?.message).toContain(
      'b (MAC address 52:54:00:00:02:01)',
    );
    expect(operator.events).toContain('Machine/a Warning SharedMacAddress');
    await client.delete(machineKind, 'b');
    await expect.poll(() => said('a', 'IdentityUnique'), patient).toBe('True Unique');
    expect(operator.events).toContain('Machine/a Normal Unique');
  });

  it.each([
    ['is doubtful with the same UUID', '564d9e4c-8d2f-4d6b-9a63-5f8e4c1b2a3d', 'False SharedUuid'],
    ['is not with a UUID that was never set', '03000200-0400-0500-0006-000700080009', 'True Unique'],
  ])('%s', async (_, systemUuid, expected) => {
    const hardware = { systemUuid, cores: 1, threads: 1, memoryMiB: 1, nics: 1, disks: [] };
    for (const name of ['a', 'b']) {
      await enlisted(name);
      await write(name, { phase: 'New', hardware });
    }
    await start();
    for (const name of ['a', 'b'])
      await expect.poll(() => said(name, 'IdentityUnique'), patient).toBe(expected);
  });
});

describe('changed hardware', () => {
  const disk = { ...inventory.hardware.disks[0]!, serial: 'NEW-DISK', name: 'sdz' };
  const later = { disks: [...inventory.hardware.disks, disk] };

  async function changed(): Promise<TestOperator> {
    await enlisted('m');
    const operator = await start();
    await expect.poll(() => said('m', 'HardwareChanged'), patient).toBe('False Unchanged');
    await write('m', { phase: 'Ready', commissioned: { attempts: 1 } });
    await take('m', '2026-01-02T00:00:00Z', later);
    await expect.poll(() => said('m', 'HardwareChanged'), patient).toBe('True PartsChanged');
    expect(operator.events).toContain('Machine/m Warning PartsChanged');
    return operator;
  }

  it('is said with what came', async () => {
    await changed();
    const { conditions } = (await machine('m')).status ?? {};
    expect(findCondition(conditions, 'HardwareChanged')?.message).toMatch(/Came: disk .*NEW-DISK\. Seen at/);
  });

  it('is over when a person has commissioned the machine again and nothing changed since', async () => {
    await changed();
    await write('m', { phase: 'Ready', commissioned: { attempts: 2 } });
    await take('m', '2026-01-03T00:00:00Z', later);
    await expect.poll(() => said('m', 'HardwareChanged'), patient).toBe('False Unchanged');
  });

  it('is not over by another inventory alone', async () => {
    await changed();
    await take('m', '2026-01-03T00:00:00Z', later);
    await expect
      .poll(async () => (await machine('m')).status?.knownHardware?.collectedAt, patient)
      .toBe('2026-01-03T00:00:00Z');
    expect(await said('m', 'HardwareChanged')).toBe('True PartsChanged');
  });

  it('is over when a person accepts that very inventory', async () => {
    await changed();
    const accept = (at: string) =>
      client.patch(machineKind, 'm', { metadata: { annotations: { [names.hardwareAccepted]: at } } });
    await accept('2026-01-02T00:00:00Z');
    await expect.poll(() => said('m', 'HardwareChanged'), patient).toBe('False Unchanged');
    await take('m', '2026-01-04T00:00:00Z');
    await expect.poll(() => said('m', 'HardwareChanged'), patient).toBe('True PartsChanged');
  });
});

describe('a machine whose BMC is silent', () => {
  it('has vanished after a while, and comes back', async () => {
    await enlisted('m', { bmc: { driver: 'ipmi', address: '192.0.2.1', credentialsSecret: 'bmc' } });
    await write('m', { powerState: 'On' }, 'rack');
    const operator = await start();
    await expect.poll(() => said('m', 'Reachable'), patient).toBe('True BmcAnswers');
    await write('m', { powerState: 'Unknown' }, 'rack');
    await expect.poll(() => said('m', 'Reachable'), patient).toBe('Unknown BmcSilent');
    const since = (await machine('m')).status?.unreachableSince;
    operator.clock.time += 60_000;
    await client.patch(machineKind, 'm', { metadata: { annotations: { look: 'again' } } });
    await expect.poll(() => said('m', 'Reachable'), patient).toBe('False Vanished');
    expect(findCondition((await machine('m')).status?.conditions, 'Reachable')?.message).toContain(
      `Since ${since}`,
    );
    expect(operator.events).toContain('Machine/m Warning Vanished');
    await write('m', { powerState: 'Off' }, 'rack');
    await expect.poll(() => said('m', 'Reachable'), patient).toBe('True BmcAnswers');
    expect((await machine('m')).status?.unreachableSince).toBeUndefined();
  });
});

describe('zones, pools and tags', () => {
  it('make the defaults, count machines by phase, and name what is missing', async () => {
    await enlisted('m');
    await enlisted('n', { zone: 'nowhere' });
    await start();
    await expect.poll(() => said('m', 'ZoneAndPoolFound'), patient).toBe('True Found');
    expect(await said('n', 'ZoneAndPoolFound')).toBe('False ZoneNotFound');
    await expect
      .poll(async () => (await client.get(poolKind, 'default'))?.status?.phases, patient)
      .toEqual([{ phase: 'New', machines: 2 }]);
    await client.delete(zoneKind, 'default');
    await expect.poll(async () => (await client.get(zoneKind, 'default'))?.status?.machines, patient).toBe(1);
  });

  it('give a machine the tags whose expression is true, and their words for the kernel, in order', async () => {
    await client.create(poolKind, { metadata: { name: 'batch' }, spec: { kernelArguments: ['pool=1'] } });
    await client.create(tagKind, {
      metadata: { name: 'some-memory' },
      spec: { expression: 'inventory.memory.totalMiB > 1', kernelArguments: ['memory=1'] },
    });
    await client.create(tagKind, { metadata: { name: 'by-hand' }, spec: { kernelArguments: ['hand=1'] } });
    await client.create(tagKind, { metadata: { name: 'wrong' }, spec: { expression: 'inventory.nothing' } });
    await enlisted('m', { pool: 'batch', tags: ['by-hand'] });
    await start();
    await expect.poll(async () => (await machine('m')).status?.tags, patient).toEqual(['some-memory']);
    expect((await machine('m')).status?.kernelArguments).toEqual(['pool=1', 'hand=1', 'memory=1']);
    const tag = async (name: string) => {
      const { status } = (await client.get(tagKind, name)) ?? {};
      return `${status?.machines} ${findCondition(status?.conditions, 'Ready')?.reason}`;
    };
    await expect.poll(() => tag('some-memory'), patient).toBe('1 Evaluated');
    await expect.poll(() => tag('by-hand'), patient).toBe('1 ByHand');
    await expect.poll(() => tag('wrong'), patient).toBe('0 ExpressionInvalid');
    await client.patch(tagKind, 'some-memory', { spec: { expression: 'inventory.memory.totalMiB < 1' } });
    await expect.poll(async () => (await machine('m')).status?.tags, patient).toBeUndefined();
    await expect.poll(() => tag('some-memory'), patient).toBe('0 Evaluated');
  });

  it('are quiet when nothing changes', async () => {
    await policy('lab');
    await enlisted('m');
    await start();
    await expect.poll(() => said('m', 'Approved'), patient).toBe('True ByPolicy');
    await expect.poll(async () => (await client.get(poolKind, 'default'))?.status?.machines, patient).toBe(1);
    const other = await start();
    const settled = async () => client.writes();
    const before = await settled();
    for (const { metadata } of other.informers.machines.list()) {
      await client.patch(machineKind, metadata.name, { metadata: { annotations: { look: 'again' } } });
    }
    await expect.poll(settled, patient).toBe(before + 1);
  });
});
