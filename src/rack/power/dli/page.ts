import type { PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { type BmcHttp, basicAuthorization } from '../http/client.ts';
import type { Outlet } from './driver.ts';

/** Which outlets are on, and which are locked: bit 0 is outlet 1. */
export interface OutletBits {
  on: number;
  locked: number;
}

/** The links of the older web page. Source: Digital Loggers' page of HTTP control examples. */
export function createOutletPage(
  http: BmcHttp,
  user: Pick<PowerTarget, 'username' | 'password'>,
  number: number,
): Outlet {
  const headers = { authorization: basicAuthorization(user.username, user.password) };
  const bit = 2 ** (number - 1);
  const look = async (signal: AbortSignal): Promise<OutletBits> => {
    const { bytes } = await http.ask({ method: 'GET', path: '/status', headers }, signal);
    const bits = outletBits(bytes.toString('latin1'));
    if (bits === undefined) {
      throw powerError('BmcProtocolError', 'GET /status: the page tells no state of the outlets');
    }
    return bits;
  };
  return {
    isOn: async (signal) => has((await look(signal)).on, bit),
    async set(on, signal) {
      // The page takes the command for a locked outlet too, and does nothing.
      if (has((await look(signal)).locked, bit)) {
        throw powerError('BmcUnsupported', `outlet ${number} is locked on the switch: unlock it there`);
      }
      const path = `/outlet?${number}=${on ? 'ON' : 'OFF'}`;
      const { status } = await http.send({ method: 'GET', path, headers }, signal);
      // Some firmware sends the browser back to its page.
      if (status === 302 || status === 303) return;
      if (status === 401) throw powerError('BmcAuthenticationFailed', `GET ${path}: HTTP ${status}`);
      if (status === 403) {
        throw powerError('BmcPrivilegeTooLow', `GET ${path}: the user may not switch outlet ${number}`);
      }
      if (status !== 200) throw powerError('BmcProtocolError', `GET ${path}: HTTP ${status}`);
    },
  };
}

/**
 * The comment `<!-- state=81 lock=10 -->` of the page, or its newer elements `<div id="state">81</div>`; both in hex. A
 * user sees only the outlets that it may switch: all others are off.
 */
export function outletBits(page: string): OutletBits | undefined {
  const field = (name: string): number | undefined => {
    const found =
      new RegExp(`<!--[^>]*\\b${name}=([0-9a-fA-F]{1,6})\\b`).exec(page) ??
      new RegExp(`<div id="?${name}"?>\\s*([0-9a-fA-F]{1,6})\\s*<`).exec(page);
    return found?.[1] === undefined ? undefined : Number.parseInt(found[1], 16);
  };
  const on = field('state');
  return on === undefined ? undefined : { on, locked: field('lock') ?? 0 };
}

function has(bits: number, bit: number): boolean {
  return Math.floor(bits / bit) % 2 === 1;
}
