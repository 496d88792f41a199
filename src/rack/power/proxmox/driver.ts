import { z } from 'zod';
import { ProxmoxParameters } from '../../../api/bmc/proxmox.ts';
import type { PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { type BmcRequest, createBmcHttp } from '../http/client.ts';

const root = '/api2/json';
const Ticket = z.object({ data: z.object({ ticket: z.string(), CSRFPreventionToken: z.string() }) });
const Resource = z.object({
  vmid: z.int(),
  node: z.string().regex(/^[A-Za-z0-9.-]+$/),
  name: z.string().optional(),
  type: z.string(),
});
const Resources = z.object({ data: z.array(Resource) });
const Status = z.object({ data: z.object({ status: z.string() }) });

/**
 * Power of a virtual machine through Proxmox VE's API, with an API token or a ticket. Source: the Proxmox VE API's
 * documentation (`/access/ticket`, `/cluster/resources`, `/nodes/{node}/qemu/{vmid}/status`).
 */
export function createProxmoxDriver(target: PowerTarget): PowerDriver {
  const { vm } = ProxmoxParameters.parse(target.parameters);
  const http = createBmcHttp(target, { scheme: 'https', port: 8006 });
  let authorization: Record<string, string> | undefined = tokenOf(target);

  const headers = async (signal: AbortSignal): Promise<Record<string, string>> => {
    if (authorization !== undefined) return authorization;
    const form = { username: target.username, password: target.password };
    const asked: BmcRequest = { method: 'POST', path: `${root}/access/ticket`, form };
    const { ticket, CSRFPreventionToken } = (await http.read(Ticket, asked, signal)).data;
    authorization = {
      cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`,
      csrfpreventiontoken: CSRFPreventionToken,
    };
    return authorization;
  };
  /** Where the machine is now: it may have moved to another node. */
  const find = async (signal: AbortSignal): Promise<string> => {
    const path = `${root}/cluster/resources?type=vm`;
    const { data } = await http.read(
      Resources,
      { method: 'GET', path, headers: await headers(signal) },
      signal,
    );
    const found = data.filter(
      ({ type, vmid, name }) => type === 'qemu' && (String(vmid) === vm || name === vm),
    );
    const [first, second] = found;
    if (first === undefined) throw powerError('BmcSystemNotFound', `Proxmox has no virtual machine "${vm}"`);
    if (second !== undefined) {
      throw powerError(
        'BmcSystemNotFound',
        `${found.length} virtual machines are called "${vm}": give its number`,
      );
    }
    return `${root}/nodes/${first.node}/qemu/${first.vmid}`;
  };
  const post = async (action: 'start' | 'stop', signal: AbortSignal): Promise<void> => {
    const path = `${await find(signal)}/status/${action}`;
    await http.ask({ method: 'POST', path, headers: await headers(signal), form: {} }, signal);
  };

  return {
    // The boot order is a setting of the virtual machine, for good: its firmware's order decides.
    bootDevices: new Set(),
    async status(signal) {
      const path = `${await find(signal)}/status/current`;
      const { data } = await http.read(
        Status,
        { method: 'GET', path, headers: await headers(signal) },
        signal,
      );
      return stateOf(data.status);
    },
    on: (signal) => post('start', signal),
    off: (signal) => post('stop', signal),
    setBootDevice: () =>
      Promise.reject(powerError('BmcUnsupported', 'Proxmox has no boot device for one boot')),
    close: () => http.close(),
  };
}

function stateOf(status: string): PowerState {
  if (status === 'running') return 'On';
  return status === 'stopped' ? 'Off' : 'Unknown';
}

/** `user@realm!name=secret`, when the Secret has an API token. */
function tokenOf({
  username,
  secret: { tokenName, token },
}: PowerTarget): Record<string, string> | undefined {
  if (token === undefined) return undefined;
  if (tokenName === undefined) {
    throw powerError('BmcAuthenticationFailed', 'the Secret has token, but not tokenName');
  }
  return { authorization: `PVEAPIToken=${username}!${tokenName}=${token}` };
}
