import { z } from 'zod';
import {
  accountsPath,
  fields,
  linkOf,
  memberPaths,
  messageIds,
  readAccount,
} from '../../../domain/redfish/accounts.ts';
import { delay } from '../delay.ts';
import type { PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { baseOf } from '../http/address.ts';
import { createAgent } from '../http/agent.ts';
import { statusMeaning } from '../http/errors.ts';
import { patch } from './boot.ts';
import { createRedfishClient, defaultRedfishTimings, type RedfishClient } from './client.ts';
import type { RedfishDeps } from './driver.ts';

const Anything = z.unknown();
const mostAccounts = 64;

/**
 * Gives the account that `target` logs in as another password (DSP0268, ManagerAccount). Any role may change its own.
 * @throws CodedError<PowerErrorCode>
 */
export async function setRedfishPassword(
  target: PowerTarget,
  password: string,
  { log, timings = defaultRedfishTimings }: RedfishDeps,
  signal: AbortSignal,
): Promise<void> {
  const base = baseOf(target.address, { scheme: 'https', port: 443 });
  if (base.protocol === 'http:')
    throw powerError('BmcTlsFailed', 'no password is sent over http: give the BMC an https address');
  const client = createRedfishClient({
    ...{ agent: createAgent(base, target.tls), base, log, delay, timings },
    ...{ username: target.username, password: target.password },
  });
  try {
    const { path, etag } = await findAccount(client, target.username, signal);
    const { status, body } = await patch(client, path, etag, { Password: password }, signal);
    if (status < 300) return;
    const { code, retryable } = statusMeaning(status);
    // Sentences of a BMC may repeat the password: its message ids do not.
    const said = messageIds(body).join(', ');
    throw powerError(code, `the password: HTTP ${status}${said === '' ? '' : ` (${said})`}`, { retryable });
  } finally {
    await client.close();
  }
}

async function findAccount(
  client: RedfishClient,
  name: string,
  signal: AbortSignal,
): Promise<{ path: string; etag: string | undefined }> {
  const read = (link: string) => client.get(link, Anything, signal);
  const root = fields((await read('/redfish/v1/')).resource);
  const service = (await read(linkOf(root.AccountService) ?? '/redfish/v1/AccountService')).resource;
  const members = memberPaths((await read(accountsPath(service))).resource, mostAccounts);
  for (const member of members) {
    const { resource, etag } = await read(member);
    const inBody = fields(resource)['@odata.etag'];
    const tag = etag ?? (typeof inBody === 'string' ? inBody : undefined);
    if (readAccount(member, resource).name === name) return { path: member, etag: tag };
  }
  throw powerError('BmcUnsupported', `the BMC does not list its user ${name}`);
}
