import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestOperator, type TestOperator } from '../../../test/fixtures/controllers.ts';
import { aMachine } from '../../../test/fixtures/objects.ts';
import { findCondition } from '../../api/conditions.ts';
import type { HardwareHealth } from '../../api/machine/health.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { createMachineHealthController } from './controller.ts';

const healthy: HardwareHealth = { rack: 'r', overall: 'OK', components: [] };
const hardware = { cores: 1, threads: 1, memoryMiB: 1, nics: 1, disks: [], vendor: 'V', product: 'P' };
const patient = { timeout: 10_000, interval: 20 };

let client: MemoryClient;
let operator: TestOperator;

beforeEach(async () => {
  client = createMemoryClient();
  operator = await startTestOperator(client, 'metalwright-system', client);
  operator.run(createMachineHealthController(operator.deps));
});
afterEach(() => operator.stop());

let macs = 0;
async function reporting(name: string, health: Partial<HardwareHealth>, pool = 'default'): Promise<void> {
  const mac = `52:54:00:00:02:${(++macs % 256).toString(16).padStart(2, '0')}`;
  await client.create(machineKind, aMachine({ name, spec: { macAddresses: [mac], pool } }));
  await reports(name, health);
}

async function reports(name: string, health: Partial<HardwareHealth>): Promise<void> {
  await client.applyStatus(
    machineKind,
    { metadata: { name }, status: { hardware, health: { ...healthy, ...health } } },
    { fieldManager: 'test' },
  );
}

async function condition(name: string, type: string) {
  return findCondition((await client.get(machineKind, name))?.status?.conditions, type);
}

describe('the condition HardwareHealthy', () => {
  it.each<[string, Partial<HardwareHealth>, string, string]>([
    ['is true of a machine whose BMC finds nothing', {}, 'True', 'Healthy'],
    ['is unknown where the BMC says nothing', { overall: 'Unknown' }, 'Unknown', 'HealthNotReported'],
    [
      'names a component that the BMC warns of',
      { overall: 'Warning', components: [{ name: 'Fan 3', health: 'Warning' }] },
      'False',
      'ComponentsDegraded',
    ],
    [
      'names the worst',
      { overall: 'Critical', components: [{ name: 'PSU 1', health: 'Critical', message: 'no input' }] },
      'False',
      'ComponentsCritical',
    ],
    ['believes a rollup that names nothing', { overall: 'Critical' }, 'False', 'ComponentsCritical'],
  ])('%s', async (_sentence, health, status, reason) => {
    await reporting('m1', health);
    await expect.poll(() => condition('m1', 'HardwareHealthy'), patient).toMatchObject({ status, reason });
    const [component] = health.components ?? [];
    if (component !== undefined)
      expect((await condition('m1', 'HardwareHealthy'))?.message).toContain(component.name);
  });

  it('is not there where nothing was ever read', async () => {
    await client.create(machineKind, aMachine({ name: 'silent' }));
    await reporting('m1', {});
    await expect.poll(() => condition('m1', 'HardwareHealthy'), patient).toBeDefined();
    expect(await condition('silent', 'HardwareHealthy')).toBeUndefined();
  });
});

describe('the condition FirmwareCurrent', () => {
  const old = { firmware: { BIOS: '1' } };
  const current = { firmware: { BIOS: '2' } };

  it('names what differs from the majority of the pool, and is mended by an update', async () => {
    await reporting('m1', old);
    await reporting('m2', current);
    await reporting('m3', current);
    await expect
      .poll(() => condition('m1', 'FirmwareCurrent'), patient)
      .toMatchObject({ status: 'False', reason: 'FirmwareDrift' });
    expect((await condition('m1', 'FirmwareCurrent'))?.message).toContain('BIOS is 1 (2 of 3 have 2)');
    await expect.poll(() => condition('m2', 'FirmwareCurrent'), patient).toMatchObject({ status: 'True' });
    await reports('m1', current);
    await expect
      .poll(() => condition('m1', 'FirmwareCurrent'), patient)
      .toMatchObject({ status: 'True', reason: 'FirmwareSame' });
  });

  it('does not compare across pools', async () => {
    await reporting('m1', old, 'a');
    await reporting('m2', current, 'b');
    await reporting('m3', current, 'b');
    await expect
      .poll(() => condition('m1', 'FirmwareCurrent'), patient)
      .toMatchObject({ status: 'Unknown', reason: 'NoPeers' });
  });
});
