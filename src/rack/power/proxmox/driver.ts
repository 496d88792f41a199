import { z } from 'zod';
import { ProxmoxParameters } from '../../../api/bmc/proxmox.ts';
import type { PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { openCluster } from './cluster.ts';

const Status = z.object({ data: z.object({ status: z.string() }) });

/**
 * Power of a virtual machine through Proxmox VE's API, with an API token or a ticket. Source: the Proxmox VE API's
 * documentation (`/access/ticket`, `/cluster/resources`, `/nodes/{node}/qemu/{vmid}/status`).
 */
export function createProxmoxDriver(target: PowerTarget): PowerDriver {
  const { vm } = ProxmoxParameters.parse(target.parameters);
  const cluster = openCluster(target);

  /** Where the machine is now: it may have moved to another node. */
  const find = async (signal: AbortSignal): Promise<string> => {
    const machines = await cluster.machines(signal);
    const [first, ...others] = machines.filter(({ vmid, name }) => String(vmid) === vm || name === vm);
    if (first === undefined) throw powerError('BmcSystemNotFound', `Proxmox has no virtual machine "${vm}"`);
    if (others.length > 0) {
      const seen = `${others.length + 1} virtual machines are called "${vm}": give its number`;
      throw powerError('BmcSystemNotFound', seen);
    }
    return first.path;
  };
  const order = async (action: 'start' | 'stop' | 'shutdown', signal: AbortSignal): Promise<void> =>
    cluster.post(`${await find(signal)}/status/${action}`, signal);

  return {
    // The boot order is a setting of the virtual machine, for good: its firmware's order decides.
    bootDevices: new Set(),
    async status(signal) {
      const { data } = await cluster.read(Status, `${await find(signal)}/status/current`, signal);
      return stateOf(data.status);
    },
    on: (signal) => order('start', signal),
    off: (signal) => order('stop', signal),
    softOff: (signal) => order('shutdown', signal),
    setBootDevice: () =>
      Promise.reject(powerError('BmcUnsupported', 'Proxmox has no boot device for one boot')),
    close: () => cluster.close(),
  };
}

/** Of a virtual machine's `status`. */
export function stateOf(status: string | undefined): PowerState {
  if (status === 'running') return 'On';
  return status === 'stopped' ? 'Off' : 'Unknown';
}
