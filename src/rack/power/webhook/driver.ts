import { WebhookParameters } from '../../../api/bmc/webhook.ts';
import type { PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { basicAuthorization, createBmcHttp } from '../http/client.ts';

/** Longer answers are cut before the patterns are looked for. */
const longestAnswer = 64 * 1024;

/**
 * Power through somebody else's service: a POST turns on or off, the answer to a GET is searched for the state.
 * @throws CodedError<PowerErrorCode> BmcUnsupported for a pattern that is none; and for the address.
 */
export function createWebhookDriver(target: PowerTarget): PowerDriver {
  const { onPath, offPath, queryPath, onPattern, offPattern } = WebhookParameters.parse(target.parameters);
  const patterns = { On: compile('onPattern', onPattern), Off: compile('offPattern', offPattern) };
  const http = createBmcHttp(target, { scheme: 'https', port: 443 });
  const headers = authorizationOf(target);
  const post = async (path: string, signal: AbortSignal): Promise<void> => {
    await http.ask({ method: 'POST', path, headers }, signal);
  };

  return {
    bootDevices: new Set(),
    async status(signal) {
      const { bytes } = await http.ask({ method: 'GET', path: queryPath, headers }, signal);
      return stateIn(bytes.subarray(0, longestAnswer).toString('utf8'), patterns);
    },
    on: (signal) => post(onPath, signal),
    off: (signal) => post(offPath, signal),
    setBootDevice: () => Promise.reject(powerError('BmcUnsupported', 'a webhook sets no boot device')),
    close: () => http.close(),
  };
}

/** Both patterns, or neither, say nothing. */
export function stateIn(answer: string, patterns: { On: RegExp; Off: RegExp }): PowerState {
  const [on, off] = [patterns.On.test(answer), patterns.Off.test(answer)];
  if (on === off) return 'Unknown';
  return on ? 'On' : 'Off';
}

function compile(name: string, pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch (cause) {
    throw powerError('BmcUnsupported', `spec.bmc.parameters.${name} is no regular expression`, { cause });
  }
}

function authorizationOf({ username, password, secret }: PowerTarget): Record<string, string> {
  if (secret.token !== undefined) return { authorization: `Bearer ${secret.token}` };
  return username === '' ? {} : { authorization: basicAuthorization(username, password) };
}
