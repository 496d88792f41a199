import { z } from 'zod';
import { LxdParameters } from '../../../api/bmc/lxd.ts';
import type { PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { createLxdClient } from './client.ts';

const State = z.object({ status_code: z.int() });

/** Of LXD's status codes, those of an instance. */
const states: Readonly<Record<number, PowerState>> = { 102: 'Off', 103: 'On', 110: 'On' };

/** Seconds that a machine is given to shut itself down; LXD then gives up, and nothing is lost. */
const softOffSeconds = 600;

/** Power of an instance of LXD, or of Incus, whose API is the same. */
export function createLxdDriver(target: PowerTarget): PowerDriver {
  const { instance, project } = LxdParameters.parse(target.parameters);
  const client = createLxdClient(target);
  const path = `/1.0/instances/${instance}/state?project=${encodeURIComponent(project)}`;

  const status = async (signal: AbortSignal): Promise<PowerState> =>
    stateOf((await client.read(State, path, signal)).status_code);
  const change = async (action: 'start' | 'stop', wanted: PowerState, signal: AbortSignal): Promise<void> => {
    const asked = { action, force: action === 'stop', timeout: 30 };
    const failure = await client.outcome(await client.ask('PUT', path, asked, signal), project, signal);
    // Whoever was faster wanted the same.
    if (failure === undefined || (await status(signal)) === wanted) return;
    const seen = `LXD cannot ${action} ${instance}: ${failure.slice(0, 300)}`;
    if (/busy/i.test(failure)) throw powerError('BmcBusy', seen, { retryable: true });
    throw powerError('BmcUnsupported', seen);
  };

  return {
    // The order is a property of the instance's devices (boot.priority), for good.
    bootDevices: new Set(),
    status,
    on: (signal) => change('start', 'On', signal),
    off: (signal) => change('stop', 'Off', signal),
    async softOff(signal) {
      await client.ask('PUT', path, { action: 'stop', force: false, timeout: softOffSeconds }, signal);
    },
    setBootDevice: () => Promise.reject(powerError('BmcUnsupported', 'LXD has no boot device for one boot')),
    close: () => client.close(),
  };
}

/** Neither on nor off: starting, stopping, freezing, in error. */
export function stateOf(code: number): PowerState {
  return states[code] ?? 'Unknown';
}
