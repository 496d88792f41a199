import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MachinePhase } from '../../../src/api/machine/phases.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { rackKind } from '../../../src/api/rack/schema.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { secrets } from '../../../src/kube/core-resources.ts';
import { createEndpoint } from '../../../src/kube/endpoint/endpoint.ts';
import { createInformer } from '../../../src/kube/informer.ts';
import { createMemoryClient } from '../../../src/kube/memory-client.ts';
import { systemTimers } from '../../../src/kube/timers.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { adminRoutes } from '../../../src/rack/admin/routes.ts';
import { createConsoles } from '../../../src/rack/console/consoles.ts';
import { createRecordedLines } from '../../../src/rack/console/record/recorded-lines.ts';
import { createRecorder } from '../../../src/rack/console/record/recorder.ts';
import { isBooting } from '../../../src/rack/console/record/wanted.ts';
import { solSource } from '../../../src/rack/console/sol/source.ts';
import { createCaches } from '../../../src/server/caches.ts';
import { createLineCollector } from '../../../src/server/console-log/collector.ts';
import { createRackClient } from '../../../src/server/racks/rack-client.ts';
import { openHistory } from '../../../src/store/open.ts';
import { readConsole } from '../../../src/store/reads/results.ts';
import { defaultRetention } from '../../../src/store/tables.ts';
import { aRack } from '../../../test/fixtures/objects.ts';
import { aMachine } from '../controllers/setting.ts';
import { makeScratch } from '../shared/scratch.ts';
import { type SerialPeer, startSerialPeer } from './serial-peer.ts';

const namespace = 'metalwright-system';
const cleanups: (() => unknown)[] = [];
let peer: SerialPeer;

beforeAll(async () => {
  peer = await startSerialPeer();
  cleanups.push(() => peer.stop());
}, 120_000);
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean();
});

/** The machine, its rack up to the admin endpoint, and the server's collector with a database: all in this process, all real. */
async function setting() {
  const client = createMemoryClient();
  const data = Object.fromEntries(
    Object.entries(peer.user).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  await client.create(secrets, { metadata: { name: 'bmc', namespace }, data });
  const bmc = { driver: 'ipmi', address: peer.target.address, credentialsSecret: 'bmc' } as const;
  const machine = aMachine('talks', 1);
  await client.create(machineKind, { ...machine, spec: { ...machine.spec, bmc } });
  const machines = createInformer({ client, resource: machineKind, log: silentLogger });
  machines.start();
  cleanups.push(() => machines.stop());
  await machines.synced();

  const source = solSource({ client, namespace, log: silentLogger });
  const consoles = createConsoles({
    ...{ rackName: 'rack-1', clock: systemClock, log: silentLogger, source: () => source },
    machine: (name) => machines.get(name),
  });
  cleanups.push(() => consoles.stop());
  const lines = createRecordedLines({ instance: randomUUID(), clock: systemClock, mostBytes: 1_000_000 });
  const recorder = createRecorder({
    ...{ consoles, machines, lines, most: 4, timers: systemTimers, log: silentLogger, wants: isBooting },
  });
  recorder.start();
  cleanups.push(() => recorder.stop());

  const routes = adminRoutes({
    ...{ metrics: { text: async () => '', contentType: 'text/plain' }, leases: () => [], sensors: new Map() },
    ...{ lines, status: () => ({}), ready: () => true, clock: systemClock },
  });
  const access = async (token: string) => (token === 'own' ? 'Allowed' : 'Forbidden');
  const endpoint = createEndpoint({ routes, access, log: silentLogger });
  const { port } = await endpoint.listen({ address: '127.0.0.1', port: 0 });
  cleanups.push(() => endpoint.close());

  const store = await openHistory({
    ...{
      directory: makeScratch('metalwright-recorded-'),
      spoolBytes: 64_000_000,
      retention: defaultRetention,
    },
    ...{ log: silentLogger, clock: systemClock, later: systemTimers },
  });
  store.start();
  cleanups.push(() => store.stop());
  const rackClient = createRackClient();
  cleanups.push(() => rackClient.close());
  await client.create(rackKind, aRack({ metadata: { name: 'rack-1' } }));
  const status = { adminUrl: `http://127.0.0.1:${port}` };
  await client.applyStatus(rackKind, { metadata: { name: 'rack-1' }, status }, { fieldManager: 'test' });
  const caches = createCaches({ client, log: silentLogger, timers: systemTimers });
  caches.start();
  cleanups.push(() => caches.stop());
  await caches.synced();
  const collector = createLineCollector({
    ...{ client: rackClient, store, token: async () => 'own', isOurs: () => true },
    ...{ caches, log: silentLogger, timers: systemTimers },
  });
  return {
    consoles,
    recorder,
    enter: (phase: MachinePhase) =>
      client.applyStatus(
        machineKind,
        { metadata: { name: 'talks' }, status: { phase, phaseSince: new Date().toISOString() } },
        { fieldManager: 'test', force: true },
      ),
    /** What the database has, the oldest line first. */
    async stored(): Promise<string[]> {
      await collector.collect();
      await store.stored();
      const { items } = await store.read((database) =>
        readConsole(database, { machine: 'talks', limit: 500 }),
      );
      return items.map(({ text }) => text).reverse();
    },
  };
}

const patient = { timeout: 60_000, interval: 200 };

describe('what a machine says on its serial line', () => {
  it('is in the database while it is deployed, and not afterwards', { timeout: 240_000 }, async () => {
    const { consoles, recorder, enter, stored } = await setting();
    await enter('Deploying');
    // The line opens some time or other; what is said before is lost.
    await expect
      .poll(async () => {
        peer.say('tick\r\n');
        return (await stored()).includes('tick');
      }, patient)
      .toBe(true);
    const before = (await stored()).length;
    peer.say('\u001b[32m  OK  \u001b[0m Started sshd\r\n10%\r55%\r100%\r\n');
    peer.say('Command line: quiet mw.token=Zm9vYmFyYmF6cXV4 mw.mac=x\r\n');
    const said = ['  OK   Started sshd', '100%', 'Command line: quiet mw.token=[hidden] mw.mac=x'];
    await expect.poll(async () => (await stored()).filter((text) => text !== 'tick'), patient).toEqual(said);
    expect((await stored()).length).toBeGreaterThanOrEqual(before + said.length);

    await enter('Deployed');
    await expect.poll(() => recorder.active(), patient).toBe(0);
    // The line is free: somebody looks, and hears what is kept nowhere.
    let heard = '';
    const seat = consoles.join('talks', {
      ...{ user: 'ann', watches: true, news: () => undefined, drained: () => undefined },
      data: (data) => {
        heard += Buffer.from(data).toString();
      },
    });
    if (typeof seat === 'string') throw new Error(seat);
    await expect
      .poll(() => {
        peer.say('private\r\n');
        return heard.includes('private');
      }, patient)
      .toBe(true);
    seat.leave();
    expect((await stored()).filter((text) => text !== 'tick')).toEqual(said);
  });
});
