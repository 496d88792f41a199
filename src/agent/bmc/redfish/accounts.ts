import {
  type Account,
  type AccountPlan,
  accountBody,
  accountsPath,
  fields,
  linkOf,
  memberPaths,
  messageIds,
  planAccount,
  readAccount,
  refusalOf,
} from '../../../domain/redfish/accounts.ts';
import { bmcAddress } from '../../../domain/redfish/addresses.ts';
import { bmcSetupError } from '../errors.ts';
import type { BmcSecrets } from '../local-bmc.ts';
import type { BmcSetupOrder } from '../messages.ts';
import type { RedfishAnswer, RedfishCall } from './connection.ts';

/** A collection of a BMC is no longer than this. */
const mostAccounts = 64;
const mostManagers = 4;
const mostInterfaces = 8;

/** What a service says of its accounts. */
export interface AccountService {
  service: unknown;
  /** Of the collection. */
  path: string;
  plan: AccountPlan;
}

/** Reads the accounts, and decides how the user comes to be there. @throws CodedError<BmcSetupFailure> */
export async function readAccounts(call: RedfishCall, user: string): Promise<AccountService> {
  const root = fields(await need(call, '/redfish/v1/'));
  const service = await need(call, linkOf(root.AccountService) ?? '/redfish/v1/AccountService');
  const path = accountsPath(service);
  const accounts: Account[] = [];
  for (const member of memberPaths(await need(call, path), mostAccounts))
    accounts.push(readAccount(member, await need(call, member)));
  return { service, path, plan: planAccount(accounts, user) };
}

/**
 * Makes the account, or gives it the password.
 *
 * @returns `PasswordRefused`: nothing was set, another password may be
 * @throws CodedError<BmcSetupFailure>
 */
export async function setAccount(
  call: RedfishCall,
  { path, plan }: AccountService,
  { username, password }: BmcSecrets,
  role: BmcSetupOrder['privilege'],
): Promise<'Set' | 'PasswordRefused'> {
  if (plan.kind === 'Change')
    return outcome(await patch(call, plan.path, accountBody(password, role, undefined)));
  const json = accountBody(password, role, username);
  const made = await call({ method: 'POST', path, json });
  if (made.status < 300 || refusalOf(made.status, made.body) !== 'NoPost') return outcome(made);
  const [slot] = plan.slots;
  if (slot === undefined)
    throw bmcSetupError('BmcHasNoRoomForUser', 'the BMC makes no accounts, and has no empty slot for one');
  return outcome(await patch(call, slot, json));
}

function outcome(answer: RedfishAnswer): 'Set' | 'PasswordRefused' {
  if (answer.status < 300) return 'Set';
  const ids = messageIds(answer.body);
  if (ids.some((id) => /LimitExceeded|InsufficientStorage|NoSpace/i.test(id)))
    throw bmcSetupError('BmcHasNoRoomForUser', 'the BMC takes no further account');
  if (refusalOf(answer.status, answer.body) === 'Password') return 'PasswordRefused';
  throw refused('the account', answer);
}

/** With the ETag that the resource has. BMCs disagree about their own: after 412 none is sent. */
async function patch(call: RedfishCall, path: string, json: unknown): Promise<RedfishAnswer> {
  const { headers, body } = await call({ method: 'GET', path });
  const inBody = fields(body)['@odata.etag'];
  const etag = headers.etag || (typeof inBody === 'string' ? inBody : '');
  const first = await call({
    ...{ method: 'PATCH', path, json },
    ...(etag === '' ? {} : { headers: { 'if-match': etag } }),
  });
  if (first.status === 428) return await call({ method: 'PATCH', path, json, headers: { 'if-match': '*' } });
  return first.status === 412 && etag !== '' ? await call({ method: 'PATCH', path, json }) : first;
}

/** Where racks reach the BMC. @param except addresses of the host interface */
export async function readAddress(
  call: RedfishCall,
  except: readonly (string | undefined)[],
): Promise<string | undefined> {
  const root = fields(await need(call, '/redfish/v1/'));
  const managers = memberPaths(
    await need(call, linkOf(root.Managers) ?? '/redfish/v1/Managers'),
    mostManagers,
  );
  const interfaces: unknown[] = [];
  for (const manager of managers) {
    const list = linkOf(fields(await need(call, manager)).EthernetInterfaces);
    if (list === undefined) continue;
    for (const member of memberPaths(await need(call, list), mostInterfaces))
      interfaces.push(await need(call, member));
  }
  return bmcAddress(interfaces, except);
}

/** Whether the account serves: it may read what needs a login. */
export async function serves(call: RedfishCall, { path }: AccountService): Promise<boolean> {
  return (await call({ method: 'GET', path })).status < 300;
}

async function need(call: RedfishCall, path: string): Promise<unknown> {
  const answer = await call({ method: 'GET', path });
  if (answer.status >= 300) throw refused(`GET ${path}`, answer);
  return answer.body;
}

function refused(what: string, { status, body }: RedfishAnswer): Error {
  const ids = messageIds(body).join(', ');
  return bmcSetupError('BmcRefusedSetup', `${what}: HTTP ${status}${ids === '' ? '' : ` (${ids})`}`);
}
