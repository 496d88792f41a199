import { chassisKind } from '../../api/chassis/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { createInformer } from '../../kube/informer.ts';
import type { RackMachines } from '../../rack/agent-api/ports.ts';
import { createHealthPoller } from '../../rack/health/health-poller.ts';
import { createBmcLock, defaultBmcPacing } from '../../rack/power/bmc-lock.ts';
import { createBreakers } from '../../rack/power/breaker.ts';
import { chassisDrivers } from '../../rack/power/chassis-drivers.ts';
import { delay } from '../../rack/power/delay.ts';
import { createEnumerations } from '../../rack/power/enumeration/controller.ts';
import { createPowerPoller } from '../../rack/power/poller.ts';
import { longestPollMs } from '../../rack/power/polls.ts';
import { pollingRack, storeReach } from '../../rack/power/reach.ts';
import { createPowerRequests } from '../../rack/power/requests.ts';
import { createBmcRotations } from '../../rack/power/rotation/controller.ts';
import { defaultPowerTimings } from '../../rack/power/steps.ts';
import { addressTowards } from '../../rack/virtual-media/address-towards.ts';
import { bootSourceFor } from '../../rack/virtual-media/boot-source.ts';
import { createMediaEjector } from '../../rack/virtual-media/eject.ts';
import type { RackCore } from './core.ts';
import type { openFiles } from './files.ts';

/** What BMCs are told to load from is made of. */
export interface PowerSources {
  files: Pick<Awaited<ReturnType<typeof openFiles>>, 'http' | 'media' | 'programs' | 'images' | 'tokens'>;
  machines: Pick<RackMachines, 'ephemeralImage'>;
  /** The rack's own addresses that HTTP is served at. */
  addresses(): string[];
}

/** Power: requests that are carried out, states that are looked at, and media in virtual drives. */
export function openPower(
  { config, client, world, rackName, namespace, events, clock, log, liveness, meters }: RackCore,
  isCurrent: () => boolean,
  { files, machines, addresses }: PowerSources,
) {
  const { bmcPaceMs, powerPollMs, turnOnLimit } = config;
  const { isAlive } = liveness;
  const liveRacks = (): string[] => [...new Set([...liveness.live(), rackName])];
  const breakers = createBreakers({
    ...{ clock, firstPauseMs: powerPollMs, trialMs: 2 * longestPollMs },
    longestPauseMs: Math.max(powerPollMs, 5 * 60_000),
  });
  const reached = (machine: Machine, reaches: boolean): Promise<void> =>
    storeReach(machine, reaches, { client, rackName, isAlive, clock });
  const deps = {
    ...{ client, world, rackName, namespace, events, clock, log, isAlive, isCurrent },
    ...{ liveRacks, breakers, reached },
    // One figure for people to set: between changes; looks may come more often.
    lock: createBmcLock({
      ...{ clock, delay },
      pacing: { ...defaultBmcPacing, changeMs: bmcPaceMs, queryMs: Math.round(bmcPaceMs / 5), turnOnLimit },
    }),
    timings: {
      ...defaultPowerTimings,
      pollMs: Math.min(defaultPowerTimings.pollMs, Math.max(250, bmcPaceMs)),
    },
  };
  const { httpPort, mediaUrl } = config;
  const sources = {
    ...files,
    ...{ machines, world, client, rackName, httpPort, mediaUrl, addresses, addressTowards, clock },
    secureApi: files.http.secureApi,
  };
  const requests = createPowerRequests({
    ...deps,
    bootSource: (machine, device, address) => bootSourceFor(machine, device, address, sources),
    finished: (operation) => meters.powerFinished(operation),
  });
  const chassis = createInformer({ client, log, resource: chassisKind });
  const enumerations = createEnumerations({ ...deps, chassis, drivers: chassisDrivers });
  const rotations = createBmcRotations(deps);
  const ejector = createMediaEjector({
    ...deps,
    media: files.media,
    isFirst: () => liveness.first() === rackName,
  });
  const mine = (machine: Machine): boolean => pollingRack(machine, liveRacks(), clock.now()) === rackName;
  const poller = createPowerPoller({ ...deps, intervalMs: powerPollMs, mine });
  const health =
    config.bmcHealthMs === 0
      ? undefined
      : createHealthPoller({ ...deps, meter: meters, intervalMs: config.bmcHealthMs, mine });
  return {
    start() {
      requests.start();
      ejector.start();
      rotations.start();
      enumerations.start();
      chassis.start();
      poller.start();
      health?.start();
    },
    stop: async () =>
      void (await Promise.all([
        poller.stop(),
        requests.stop(),
        ejector.stop(),
        rotations.stop(),
        enumerations.stop(),
        chassis.stop(),
        health?.stop(),
      ])),
  };
}
