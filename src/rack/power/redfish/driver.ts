import { RedfishParameters } from '../../../api/bmc/redfish.ts';
import type { Logger } from '../../../log/logger.ts';
import { delay } from '../delay.ts';
import type { PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { baseOf } from '../http/address.ts';
import { createAgent } from '../http/agent.ts';
import { bootOverride, setBootOverride } from './boot.ts';
import { createRedfishClient, defaultRedfishTimings, type RedfishTimings } from './client.ts';
import { reset } from './reset.ts';
import { type FoundSystem, findSystem, readSystem } from './system.ts';
import { awaitTask } from './task.ts';

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
        : await readSystem(client, path, signal);
    path = found.path;
    return found;
  };
  const setPower = async (wanted: 'On' | 'Off', signal: AbortSignal): Promise<void> => {
    const response = await reset(client, await system(signal), wanted, signal);
    await awaitTask(client, response, timings, delay, signal);
  };

  return {
    bootDevices: new Set(['Network', 'UefiHttp', 'Disk']),
    status: async (signal) => powerStateOf((await system(signal)).system.PowerState),
    on: (signal) => setPower('On', signal),
    off: (signal) => setPower('Off', signal),
    async setBootDevice(device, signal) {
      const found = await system(signal);
      const override = bootOverride(device, target.bootMode, found.system);
      const response = await setBootOverride(client, found, override, signal);
      await awaitTask(client, response, timings, delay, signal);
    },
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
