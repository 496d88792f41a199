import type { Agent } from 'undici';
import { powerError } from '../errors.ts';
import { resolveLink } from '../http/address.ts';
import { statusError } from './faults.ts';
import { send } from './http.ts';
import type { ServiceRoot } from './resources.ts';

export interface SessionOptions {
  agent: Agent;
  base: URL;
  username: string;
  password: string;
  timeoutMs: number;
}

/** How requests show who asks. `Basic` is only for services that have no sessions. */
export type Authentication =
  | { kind: 'None' }
  | { kind: 'Basic'; header: string }
  | { kind: 'Session'; token: string; location: URL | undefined };

const closeTimeoutMs = 3_000;

/**
 * Logs in (DSP0266, "Redfish session login authentication"). Basic authentication is used when the service has no
 * session service, never because a login failed.
 * @throws CodedError<PowerErrorCode> BmcAuthenticationFailed, BmcBusy when there are too many sessions, and others.
 */
export async function logIn(
  options: SessionOptions,
  root: ServiceRoot | undefined,
  signal: AbortSignal,
): Promise<Authentication> {
  const { agent, base, username, password, timeoutMs } = options;
  if (username === '' && password === '') return { kind: 'None' };
  const path = sessionsPath(root);
  if (path === undefined) return basic(username, password);
  const url = resolveLink(base, path);
  const json = { UserName: username, Password: password };
  const response = await send(agent, { method: 'POST', url, json }, timeoutMs, signal);
  if (response.status === 404 || response.status === 405 || response.status === 501) {
    return basic(username, password);
  }
  // Some BMCs answer a wrong password with 400 and no reason that is worth reading.
  if (response.status === 400 || response.status === 403) {
    const error = statusError(response, 'login');
    throw error.code === 'BmcBusy' ? error : powerError('BmcAuthenticationFailed', error.message);
  }
  if (response.status >= 300) throw statusError(response, 'login');
  const token = response.headers['x-auth-token'];
  if (token === undefined || token === '') {
    throw powerError('BmcProtocolError', 'login: HTTP success without X-Auth-Token');
  }
  const { location } = response.headers;
  return {
    kind: 'Session',
    token,
    location: location === undefined || location === '' ? undefined : resolveLink(base, location),
  };
}

/** Deletes the session, since BMCs have few. Never throws. */
export async function logOut(options: SessionOptions, authentication: Authentication): Promise<void> {
  if (authentication.kind !== 'Session' || authentication.location === undefined) return;
  try {
    const asked = {
      method: 'DELETE' as const,
      url: authentication.location,
      headers: headersOf(authentication),
    };
    await send(options.agent, asked, closeTimeoutMs, new AbortController().signal);
  } catch {
    // The BMC ends the session itself after some minutes.
  }
}

/** The headers that show who asks. */
export function headersOf(authentication: Authentication): Record<string, string> {
  switch (authentication.kind) {
    case 'None':
      return {};
    case 'Basic':
      return { authorization: authentication.header };
    case 'Session':
      return { 'x-auth-token': authentication.token };
  }
}

/** @param root undefined: the service root could not be read without authentication, so the standard path is tried. */
function sessionsPath(root: ServiceRoot | undefined): string | undefined {
  if (root === undefined) return '/redfish/v1/SessionService/Sessions';
  const linked = root.Links?.Sessions?.['@odata.id'];
  if (linked !== undefined) return linked;
  const service = root.SessionService?.['@odata.id'];
  return service === undefined ? undefined : `${service.replace(/\/$/, '')}/Sessions`;
}

function basic(username: string, password: string): Authentication {
  const header = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return { kind: 'Basic', header };
}
