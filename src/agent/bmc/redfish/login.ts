import { fields, linkOf } from '../../../domain/redfish/accounts.ts';
import type { RedfishAnswer, RedfishCall } from './connection.ts';

/** Who logs in. */
export interface Login {
  username: string;
  password: string;
}

/**
 * Does the work logged in (DSP0266, "Redfish session login authentication"), with Basic authentication where the service has no sessions.
 *
 * @returns undefined when the service refuses the login; `work` is not begun
 */
export async function withLogin<T>(
  call: RedfishCall,
  { username, password }: Login,
  work: (call: RedfishCall) => Promise<T>,
): Promise<T | undefined> {
  const root = fields((await call({ method: 'GET', path: '/redfish/v1/' })).body);
  const path = linkOf(fields(root.Links).Sessions) ?? '/redfish/v1/SessionService/Sessions';
  const json = { UserName: username, Password: password };
  const answer = await call({ method: 'POST', path, json });
  const hasNoSessions = answer.status === 404 || answer.status === 405 || answer.status === 501;
  const token = answer.headers['x-auth-token'];
  if (!hasNoSessions && (answer.status >= 300 || typeof token !== 'string')) return undefined;
  const proof: Record<string, string> =
    typeof token === 'string'
      ? { 'x-auth-token': token }
      : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  const authenticated: RedfishCall = (asked) => call({ ...asked, headers: { ...asked.headers, ...proof } });
  try {
    return await work(authenticated);
  } finally {
    const location = pathOf(answer);
    // Sessions are few, and end by themselves.
    if (!hasNoSessions && location !== undefined)
      await authenticated({ method: 'DELETE', path: location }).catch(() => undefined);
  }
}

function pathOf({ headers }: RedfishAnswer): string | undefined {
  const { location } = headers;
  if (location === undefined || location === '') return undefined;
  return URL.parse(location, 'https://bmc.invalid')?.pathname;
}
