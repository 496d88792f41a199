import { RedfishParameters } from '../../../api/bmc/redfish.ts';
import type { Logger } from '../../../log/logger.ts';
import { delay } from '../delay.ts';
import type { PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { baseOf } from '../http/address.ts';
import { createAgent } from '../http/agent.ts';
import { bootOverride, setBootOverride } from './boot.ts';
import { createRedfishClient, defaultRedfishTimings, type RedfishTimings } from './client.ts';
import { readHealth } from './health.ts';
import { reset, type WantedPower } from './reset.ts';
import { type FoundSystem, findSystem, readListed } from './system.ts';
import { awaitTask } from './task.ts';
import { ejectMedia, insertMedia } from './virtual-media.ts';

export interface RedfishDeps {
  log: Logger;
  timings?: RedfishTimings;
}

/**
 * Power through Redfish. The session is opened with the first command and deleted by `close`, which ends the driver.
 * @throws CodedError<PowerErrorCode> when the address is none, or is http with a certificate asked for.
 */
export function createRedfishDriver(target: PowerTarget, deps: RedfishDeps): PowerDriver {
  const parameters = RedfishParameters.parse(target.parameters);
  const timings = deps.timings ?? defaultRedfishTimings;
  const base = baseOf(target.address, { scheme: 'https', port: 443 });
  const client = createRedfishClient({
    agent: createAgent(base, target.tls),
    base,
    username: target.username,
    password: target.password,
    log: deps.log,
    delay,
    timings,
  });
  let path: string | undefined;

  const system = async (signal: AbortSignal): Promise<FoundSystem> => {
    const found =
      path === undefined
        ? await findSystem(client, parameters, signal)
        : await readListed(client, path, signal);
    path = found.path;
    return found;
  };
  const setPower = async (wanted: WantedPower, signal: AbortSignal): Promise<void> => {
    const response = await reset(client, await system(signal), wanted, signal);
    await awaitTask(client, response, timings, delay, signal);
  };

  const media = { client, timings, delay };

  return {
    bootDevices: new Set(['Network', 'UefiHttp', 'Disk', 'VirtualMedia']),
    status: async (signal) => powerStateOf((await system(signal)).system.PowerState),
    on: (signal) => setPower('On', signal),
    off: (signal) => setPower('Off', signal),
    softOff: (signal) => setPower('SoftOff', signal),
    async setBootDevice(device, signal, source) {
      const found = await system(signal);
      if (device === 'VirtualMedia') {
        if (source === undefined) throw powerError('BmcUnsupported', 'virtual media without an image');
        await insertMedia(found, source.url, media, signal);
      }
      // What was inserted may have changed the system, and its ETag.
      const current = device === 'VirtualMedia' ? await system(signal) : found;
      const override = bootOverride(device, target.bootMode, current.system, source);
      const response = await setBootOverride(client, current, override, signal);
      await awaitTask(client, response, timings, delay, signal);
    },
    ejectMedia: async (signal) => ejectMedia(await system(signal), media, signal),
    health: (look, signal) => readHealth(client, parameters, look, signal),
    close: () => client.close(),
  };
}

/** A machine on its way has not arrived: `PoweringOn` is still off, `PoweringOff` still on (DSP0268, PowerState). */
export function powerStateOf(state: string | undefined): PowerState {
  switch (state) {
    case 'On':
    case 'Paused':
    case 'PoweringOff':
      return 'On';
    case 'Off':
    case 'PoweringOn':
      return 'Off';
    default:
      return 'Unknown';
  }
}
