import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { isTrue } from '../../../src/api/conditions.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { secrets } from '../../../src/kube/core-resources.ts';
import { crashAtFirstWrite } from './crashing-client.ts';
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

/** Runs one operator after the other; each dies at its first write. */
function startMortalOperators(): { deaths: () => number; stop(): Promise<void> } {
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) =>
    stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  let deaths = 0;
  const running = run();
  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      // Every other one dies with its write on the way, so that work goes on in any case.
      const when = deaths % 3 === 1 ? 'before' : 'after';
      const mortal = crashAtFirstWrite(setting.client, when);
      const operator = await startOperator({ client: setting.client, wrap: () => mortal.client });
      await Promise.race([mortal.crashed, stopped]);
      await operator.stop();
      deaths++;
    }
  }
  return {
    deaths: () => deaths,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

describe('an operator that is killed at every write', () => {
  it('brings a machine through its life with nothing done twice', { timeout: 180_000 }, async () => {
    const { client } = setting;
    const operators = startMortalOperators();
    const rack = await startSimulatedRack(client);
    const machine = () => client.get(machineKind, 'm1');
    const allocation = () => client.get(allocationKind, 'web', 'default');
    const seen = async () => [(await machine())?.status, (await allocation())?.status, rack.journal];
    const inTime = (what: string, isSo: () => Promise<boolean>) => until(what, isSo, seen, 60_000);
    try {
      await client.create(machineKind, aMachine('m1', 1));
      await inTime('m1 is Ready', async () => (await machine())?.status?.phase === 'Ready');
      await client.create(allocationKind, anAllocation('web'));
      await inTime('web is Ready', async () => isTrue((await allocation())?.status?.conditions, 'Ready'));
      expect(await client.get(secrets, 'seed-m1', operatorNamespace)).toBeUndefined();
      await client.delete(allocationKind, 'web', { namespace: 'default' });
      await inTime('web is gone', async () => (await allocation()) === undefined);
      await inTime('m1 is Ready again', async () => (await machine())?.status?.phase === 'Ready');
    } finally {
      await operators.stop();
      await rack.stop();
    }
    expect(rack.journal.powered).toEqual([
      'm1 g1-boot Cycle',
      'm1 g1-off Off',
      'm1 g2-boot Cycle',
      'm1 g3-boot Cycle',
      'm1 g3-off Off',
    ]);
    expect(rack.journal.tasks).toEqual(['m1 g1-inventory', 'm1 g2-install', 'm1 g3-erase']);
    expect(rack.journal.phoneHomes).toEqual(['m1 ok']);
    expect(operators.deaths()).toBeGreaterThan(20);
  });
});
