import { z } from 'zod';
import type { PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { type BmcRequest, createBmcHttp } from '../http/client.ts';

const root = '/api2/json';
const Ticket = z.object({ data: z.object({ ticket: z.string(), CSRFPreventionToken: z.string() }) });
const Resource = z.object({
  vmid: z.int(),
  node: z.string().regex(/^[A-Za-z0-9.-]+$/),
  name: z.string().optional(),
  type: z.string(),
  status: z.string().optional(),
  template: z.int().optional(),
});
const Resources = z.object({ data: z.array(Resource) });

/** A virtual machine, and its path in the API: it may move to another node. */
export type VirtualMachine = z.infer<typeof Resource> & { path: string };

/** One cluster of Proxmox VE, with its ticket or API token. */
export interface Cluster {
  /** @throws CodedError<PowerErrorCode> */
  machines(signal: AbortSignal): Promise<VirtualMachine[]>;
  /** A GET. @throws CodedError<PowerErrorCode> */
  read<T extends z.ZodType>(schema: T, path: string, signal: AbortSignal): Promise<z.infer<T>>;
  /** @throws CodedError<PowerErrorCode> */
  post(path: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Nothing is sent before the first question. @throws CodedError<PowerErrorCode> for what the Secret lacks */
export function openCluster(target: PowerTarget): Cluster {
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
  const read: Cluster['read'] = async (schema, path, signal) =>
    http.read(schema, { method: 'GET', path, headers: await headers(signal) }, signal);

  return {
    read,
    async machines(signal) {
      const { data } = await read(Resources, `${root}/cluster/resources?type=vm`, signal);
      return data
        .filter(({ type }) => type === 'qemu')
        .map((machine) => ({ ...machine, path: `${root}/nodes/${machine.node}/qemu/${machine.vmid}` }));
    },
    async post(path, signal) {
      await http.ask({ method: 'POST', path, headers: await headers(signal), form: {} }, signal);
    },
    close: () => http.close(),
  };
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
