import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { ensureLibvirt, LIBVIRT_URI, stopOwnLibvirt } from '../../../lab/machines/libvirt-daemons.ts';
import { chassisKind } from '../../../src/api/chassis/schema.ts';
import { findCondition } from '../../../src/api/conditions.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { machineActionKind } from '../../../src/api/machine-action/schema.ts';
import { createChassisController } from '../../../src/controllers/chassis/controller.ts';
import { createMachineActionController } from '../../../src/controllers/machine-action/controller.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { secrets } from '../../../src/kube/core-resources.ts';
import { createInformer } from '../../../src/kube/informer.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createBmcLock } from '../../../src/rack/power/bmc-lock.ts';
import { chassisDrivers } from '../../../src/rack/power/chassis-drivers.ts';
import { delay } from '../../../src/rack/power/delay.ts';
import { createEnumerations } from '../../../src/rack/power/enumeration/controller.ts';
import { createRedfishDriver } from '../../../src/rack/power/redfish/driver.ts';
import { readPowerTarget } from '../../../src/rack/power/target.ts';
import { startTestOperator, type TestOperator } from '../../fixtures/controllers.ts';
import { operatorNamespace, type Setting, startSetting } from '../controllers/setting.ts';
import { startSushy } from '../virtual-media/sushy.ts';

const run = promisify(execFile);
const prefix = `metalwright-chassis-${randomUUID().slice(0, 8)}`;
const virsh = (...args: string[]) => run('virsh', ['-c', LIBVIRT_URI, ...args]);
const domains = [1, 2].map((number) => ({
  name: `${prefix}-${number}`,
  mac: `52:54:00:${prefix.slice(-6, -4)}:${prefix.slice(-4, -2)}:0${number}`,
}));

/** Machines that are never started. */
const xmlOf = ({ name, mac }: { name: string; mac: string }): string => `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>32</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><interface type='user'><mac address='${mac}'/></interface></devices>
</domain>
`;

describe('the machines of a hypervisor, as a Chassis', () => {
  const environment = readLabEnvironment();
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-chassis-'));
  let setting: Setting;
  let operator: TestOperator;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    await ensureLibvirt(environment);
    for (const domain of domains) {
      const file = join(directory, `${domain.name}.xml`);
      writeFileSync(file, xmlOf(domain));
      await virsh('define', file);
    }
    setting = await startSetting();
    const { client } = setting;
    operator = await startTestOperator(client, operatorNamespace);
    operator.clock.now = () => Date.now();
    operator.run(createChassisController(operator.deps));
    operator.run(createMachineActionController(operator.deps));
    const chassis = createInformer({ client, resource: chassisKind, log: silentLogger });
    const enumerations = createEnumerations({
      ...{ client, chassis, drivers: chassisDrivers, rackName: 'r1', namespace: operatorNamespace },
      ...{ isAlive: () => true, isCurrent: () => true, clock: systemClock, log: silentLogger },
      lock: createBmcLock({ clock: systemClock, delay, pacing: { changeMs: 0, queryMs: 0, inrushMs: 0 } }),
    });
    enumerations.start();
    chassis.start();
    stops.push(
      () => enumerations.stop(),
      () => chassis.stop(),
    );
    await client.create(chassisKind, {
      metadata: { name: 'c1' },
      spec: {
        bmc: { driver: 'libvirt', address: LIBVIRT_URI },
        include: [`${prefix}-*`],
        namePrefix: 'n-',
        defaults: { approved: false, zone: 'default', pool: 'virtual', tags: ['lab'] },
      },
    });
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
    await operator?.stop();
    await setting?.stop();
    for (const { name } of domains) await virsh('undefine', name).catch(() => undefined);
    rmSync(directory, { recursive: true, force: true });
    await stopOwnLibvirt(environment);
  });

  async function enumerate(order: string, chassis = 'c1'): Promise<void> {
    await setting.client.create(machineActionKind, {
      metadata: { name: order },
      spec: { chassis, action: 'Enumerate' },
    });
    await expect
      .poll(async () => (await setting.client.get(machineActionKind, order))?.status?.phase, {
        timeout: 60_000,
      })
      .toBe('Succeeded');
  }
  const machines = async () =>
    (await setting.client.list(machineKind)).items.toSorted((a, b) =>
      a.metadata.name < b.metadata.name ? -1 : 1,
    );
  const chassis = async () => await setting.client.get(chassisKind, 'c1');

  it('become Machines with their power parameters', async () => {
    await enumerate('first');
    expect(await machines()).toMatchObject(
      domains.map(({ name, mac }) => ({
        metadata: { name: `n-${name}`, labels: { 'metalwright.dev/chassis': 'c1' } },
        spec: {
          ...{ macAddresses: [mac], architecture: 'amd64', approved: false, pool: 'virtual', tags: ['lab'] },
          bmc: { driver: 'libvirt', address: LIBVIRT_URI, parameters: { domain: name } },
        },
      })),
    );
    expect(findCondition((await chassis())?.status?.conditions, 'Ready')).toMatchObject({
      status: 'True',
      reason: 'Enumerated',
    });
  });

  it('are the same after a second order, and keep what people have changed', async () => {
    const [name = ''] = (await machines()).map(({ metadata }) => metadata.name);
    await setting.client.patch(machineKind, name, { spec: { pool: 'mine', approved: true } });
    const before = (await machines()).map(({ metadata }) => [metadata.uid, metadata.generation]);
    await enumerate('second');
    expect((await machines()).map(({ metadata }) => [metadata.uid, metadata.generation])).toEqual(before);
    expect((await machines())[0]?.spec).toMatchObject({ pool: 'mine', approved: true });
  });

  it('are missed when they are gone, and not deleted', async () => {
    await virsh('undefine', domains[1]?.name ?? '');
    await enumerate('third');
    expect(await machines()).toHaveLength(2);
    expect((await chassis())?.status?.vanished).toEqual([`n-${domains[1]?.name}`]);
    expect(findCondition((await chassis())?.status?.conditions, 'NodesPresent')).toMatchObject({
      status: 'False',
      reason: 'NodesVanished',
      message: expect.stringContaining(domains[1]?.name ?? '-'),
    });
    expect(operator.events).toContain('Chassis/c1 Warning NodesVanished');
  });

  it('become Machines of Redfish, where sushy-tools shows them', async () => {
    const user = { username: 'admin', password: randomUUID() };
    const sushy = await startSushy({
      ...{ directory, user, libvirtUri: LIBVIRT_URI, pool: 'none', featureSet: 'full' },
    });
    const shown = ['a', 'b'].map((letter, index) => ({
      name: `shown-${prefix}-${letter}`,
      mac: `52:54:00:${prefix.slice(-6, -4)}:${prefix.slice(-4, -2)}:1${index}`,
    }));
    try {
      for (const domain of shown) {
        const file = join(directory, `${domain.name}.xml`);
        writeFileSync(file, xmlOf(domain));
        await virsh('define', file);
      }
      await setting.client.create(secrets, {
        metadata: { name: 'sushy', namespace: operatorNamespace },
        data: Object.fromEntries(Object.entries(user).map(([key, text]) => [key, btoa(text)])),
      });
      await setting.client.create(chassisKind, {
        metadata: { name: 'c2' },
        spec: {
          bmc: {
            ...{ driver: 'redfish', address: sushy.address, credentialsSecret: 'sushy' },
            tls: { fingerprint: sushy.fingerprint },
          },
          include: [`shown-${prefix}-*`],
          namePrefix: 'r-',
          defaults: { architecture: 'amd64', approved: false, zone: 'default', pool: 'shown', tags: [] },
        },
      });
      await enumerate('redfish', 'c2');
      const found = (await machines()).filter(({ spec }) => spec.bmc?.driver === 'redfish');
      expect(found).toMatchObject(
        shown.map(({ name, mac }) => ({
          metadata: { name: `r-${name}`, labels: { 'metalwright.dev/chassis': 'c2' } },
          spec: { macAddresses: [mac], bmc: { address: sushy.address, credentialsSecret: 'sushy' } },
        })),
      );
      // What was written down is what powers that very machine.
      const target = await readPowerTarget(found[1]!, setting.client, operatorNamespace);
      const driver = createRedfishDriver(target!.target, { log: silentLogger });
      expect(await driver.status(AbortSignal.timeout(30_000))).toBe('Off');
      await driver.close();
    } finally {
      await sushy.stop();
      for (const { name } of shown) await virsh('undefine', name).catch(() => undefined);
    }
  });
});
