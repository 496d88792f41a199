import { createBmcLock, defaultBmcPacing } from '../../rack/power/bmc-lock.ts';
import { delay } from '../../rack/power/delay.ts';
import { createPowerPoller } from '../../rack/power/poller.ts';
import { createPowerRequests } from '../../rack/power/requests.ts';
import { defaultPowerTimings } from '../../rack/power/steps.ts';
import type { RackCore } from './core.ts';

/** Power: requests that are carried out, and states that are looked at. */
export function openPower(
  { config, client, world, rackName, namespace, events, clock, log, liveness, meters }: RackCore,
  isCurrent: () => boolean,
) {
  const { bmcPaceMs } = config;
  const { isAlive } = liveness;
  const deps = {
    ...{ client, world, rackName, namespace, events, clock, log, isAlive, isCurrent },
    // One figure for people to set: between changes; looks may come more often.
    lock: createBmcLock({
      ...{ clock, delay },
      pacing: { ...defaultBmcPacing, changeMs: bmcPaceMs, queryMs: Math.round(bmcPaceMs / 5) },
    }),
    timings: {
      ...defaultPowerTimings,
      pollMs: Math.min(defaultPowerTimings.pollMs, Math.max(250, bmcPaceMs)),
    },
  };
  const requests = createPowerRequests({ ...deps, finished: (operation) => meters.powerFinished(operation) });
  const poller = createPowerPoller({
    ...deps,
    intervalMs: config.powerPollMs,
    mine: (machine) => {
      const last = machine.status?.power?.result?.rack;
      if (last === rackName) return true;
      if (last !== undefined && isAlive(last)) return false;
      return liveness.first() === rackName;
    },
  });
  return {
    start() {
      requests.start();
      poller.start();
    },
    stop: async () => void (await Promise.all([poller.stop(), requests.stop()])),
  };
}
