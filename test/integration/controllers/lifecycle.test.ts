import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { isTrue } from '../../../src/api/conditions.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { secrets } from '../../../src/kube/core-resources.ts';
import {
  aMachine,
  anAllocation,
  createImage,
  createRack,
  operatorNamespace,
  type Setting,
  startOperator,
  startSetting,
  until,
} from './setting.ts';
import { startSimulatedRack } from './simulated-rack.ts';

let setting: Setting;

beforeAll(async () => {
  setting = await startSetting();
  await createImage(setting.client, 'debian-12');
  await createRack(setting.client, 'rack-1');
});
afterAll(() => setting.stop());

describe('a machine on a real API server, with a simulated rack', () => {
  it('goes from New to Ready, is deployed for an Allocation, erased after it, and Ready again', async () => {
    const { client } = setting;
    const operator = await startOperator({ client });
    const rack = await startSimulatedRack(client);
    const phases: string[] = [];
    rack.machines.onChange(({ object }) => {
      const phase = object.status?.phase;
      if (object.metadata.name === 'm1' && phase !== undefined && phases.at(-1) !== phase) phases.push(phase);
    });
    const machine = () => client.get(machineKind, 'm1');
    const seen = async () => [(await machine())?.status, rack.journal];
    try {
      await client.create(machineKind, aMachine('m1', 1));
      await until('m1 is Ready', async () => (await machine())?.status?.phase === 'Ready', seen);
      await client.create(allocationKind, anAllocation('web'));
      const allocation = () => client.get(allocationKind, 'web', 'default');
      await until(
        'web is Ready',
        async () => isTrue((await allocation())?.status?.conditions, 'Ready'),
        seen,
      );
      expect((await allocation())?.status).toMatchObject({ phase: 'Deployed', machine: 'm1' });
      expect((await machine())?.metadata.annotations?.['metalwright.dev/allocation']).toContain(
        'default/web/',
      );
      expect(await client.get(secrets, 'seed-m1', operatorNamespace)).toBeUndefined();
      await client.delete(allocationKind, 'web', { namespace: 'default' });
      await until('web is gone', async () => (await allocation()) === undefined, seen);
      await until('m1 is Ready again', async () => (await machine())?.status?.phase === 'Ready', seen);
      expect(phases).toEqual([
        'New',
        'Commissioning',
        'Ready',
        'Allocated',
        'Deploying',
        'Deployed',
        'Releasing',
        'Erasing',
        'Ready',
      ]);
      expect(rack.journal.powered).toEqual([
        'm1 g1-boot Cycle',
        'm1 g1-off Off',
        'm1 g2-boot Cycle',
        'm1 g3-boot Cycle',
        'm1 g3-off Off',
      ]);
      expect(rack.journal.tasks).toEqual(['m1 g1-inventory', 'm1 g2-install', 'm1 g3-erase']);
      const { status, metadata } = (await machine())!;
      expect(status?.allocation).toBeUndefined();
      expect(status?.release).toBeUndefined();
      await until(
        'the annotation is gone',
        async () => (await machine())?.metadata.annotations === undefined,
        seen,
      );
      await client.delete(machineKind, metadata.name);
      await until('m1 is gone', async () => (await machine()) === undefined, seen);
    } finally {
      await rack.stop();
      await operator.stop();
    }
  });
});
