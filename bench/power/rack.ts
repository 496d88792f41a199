import { machineKind } from '../../src/api/machine/schema.ts';
import { systemClock } from '../../src/domain/clock.ts';
import { secrets } from '../../src/kube/core-resources.ts';
import { createMemoryClient } from '../../src/kube/memory-client.ts';
import { createLogger } from '../../src/log/logger.ts';
import { createBmcLock, defaultBmcPacing } from '../../src/rack/power/bmc-lock.ts';
import { delay } from '../../src/rack/power/delay.ts';
import { openPowerDriver } from '../../src/rack/power/drivers.ts';
import { isPowerError } from '../../src/rack/power/errors.ts';
import { createPowerPoller } from '../../src/rack/power/poller.ts';
import { createWorld } from '../../src/rack/world/world.ts';
import { aMachine } from '../../test/fixtures/objects.ts';
import type { RoomBmc } from './bmcs.ts';

/*
 * The rack's power poller with the pacing of real BMCs, and an API server in memory, as one program. Its parent sends it the
 * BMCs; it sends back what came of each, and when.
 */

/** What the parent sends. */
export interface SweepOrder {
  username: string;
  bmcs: RoomBmc[];
}

/** What came of one BMC: its power state, or the code of the error, `ms` after the sweep began. */
export interface SweepRow {
  address: string;
  outcome: string;
  ms: number;
}

const namespace = 'metalwright-system';
const log = createLogger('rack-power', 'error');
const client = createMemoryClient();
const world = createWorld(client, log);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

process.once('message', async ({ username, bmcs }: SweepOrder) => {
  for (const [index, { driver, address, password }] of bmcs.entries()) {
    const name = `machine-${index}`;
    await client.create(secrets, {
      metadata: { name, namespace },
      data: { username: base64(username), password: base64(password) },
    });
    const tls = driver === 'redfish' ? { tls: { insecureSkipVerify: true } } : {};
    const bmc = { driver, address, credentialsSecret: name, ...tls };
    await client.create(machineKind, aMachine({ name, spec: { bmc } }));
  }
  world.start();
  await world.synced();
  const begun = performance.now();
  const rows: SweepRow[] = [];
  const done = Promise.withResolvers<void>();
  const poller = createPowerPoller({
    ...{ client, world, namespace, log, clock: systemClock, intervalMs: 600_000 },
    events: { event: () => {} },
    lock: createBmcLock({ clock: systemClock, delay, pacing: defaultBmcPacing }),
    mine: () => true,
    openDriver(name, target, lock, deps) {
      const driver = openPowerDriver(name, target, lock, deps);
      return {
        ...driver,
        async status(signal) {
          const outcome = await driver.status(signal).catch((error: unknown) => error);
          const what =
            typeof outcome === 'string' ? outcome : isPowerError(outcome) ? outcome.code : 'Timeout';
          rows.push({ address: target.address, outcome: what, ms: performance.now() - begun });
          if (rows.length === bmcs.length) done.resolve();
          if (outcome === 'On' || outcome === 'Off' || outcome === 'Unknown') return outcome;
          throw outcome;
        },
      };
    },
  });
  poller.start();
  await done.promise;
  process.send?.(rows, () => process.disconnect());
  await poller.stop();
  await world.stop();
});
