import { z } from 'zod';
import type { BootDevice, PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { isPowerError, powerError } from '../errors.ts';
import { type BmcRequest, createBmcHttp } from '../http/client.ts';

const root = '/xyz/openbmc_project';
const host = `${root}/state/host0`;
const oneTime = `${root}/control/host0/boot/one_time`;
const transition = 'xyz.openbmc_project.State.Host.Transition';
const sources: Readonly<Partial<Record<BootDevice, string>>> = {
  Network: 'xyz.openbmc_project.Control.Boot.Source.Sources.Network',
  Disk: 'xyz.openbmc_project.Control.Boot.Source.Sources.Disk',
};

const Login = z.object({ token: z.string().optional() });
const HostState = z.object({ data: z.string() });

/**
 * Power through the REST API that OpenBMC had before Redfish. The session is opened with the first command and ended by
 * `close`. Sources: OpenBMC's REST cheat sheet and host management pages.
 */
export function createOpenbmcDriver(target: PowerTarget): PowerDriver {
  const http = createBmcHttp(target, { scheme: 'https', port: 443 });
  let token: string | undefined;

  const logIn = async (signal: AbortSignal): Promise<string> => {
    const json = { username: target.username, password: target.password };
    const answer = await http.ask({ method: 'POST', path: '/login', json }, signal);
    const inBody = Login.safeParse(parse(answer.bytes)).data?.token;
    const inCookie = /(?:^|[,;]\s*)SESSION=([^;,\s]+)/.exec(answer.headers['set-cookie'] ?? '')?.[1];
    const found = inBody ?? inCookie;
    if (found === undefined) throw powerError('BmcProtocolError', 'POST /login: the answer has no token');
    return found;
  };
  const withLogin = async (asked: BmcRequest, signal: AbortSignal): Promise<BmcRequest> => {
    token ??= await logIn(signal);
    return { ...asked, headers: { 'x-auth-token': token } };
  };
  /** A session that has ended is opened once more. */
  const renewing = async <T>(
    asked: BmcRequest,
    signal: AbortSignal,
    run: (asked: BmcRequest) => Promise<T>,
  ): Promise<T> => {
    const had = token !== undefined;
    try {
      return await run(await withLogin(asked, signal));
    } catch (thrown) {
      if (!had || !isRefusal(thrown)) throw thrown;
      token = undefined;
      return await run(await withLogin(asked, signal));
    }
  };
  const set = (path: string, data: string | boolean, signal: AbortSignal): Promise<void> =>
    renewing({ method: 'PUT', path, json: { data } }, signal, async (asked) => {
      await http.ask(asked, signal);
    });

  return {
    bootDevices: new Set(['Network', 'Disk']),
    status: (signal) =>
      renewing({ method: 'GET', path: `${host}/attr/CurrentHostState` }, signal, async (asked) =>
        hostState((await http.read(HostState, asked, signal)).data),
      ),
    on: (signal) => set(`${host}/attr/RequestedHostTransition`, `${transition}.On`, signal),
    // The host's own Off asks its OS first; the chassis' takes the power away.
    off: (signal) =>
      set(
        `${root}/state/chassis0/attr/RequestedPowerTransition`,
        'xyz.openbmc_project.State.Chassis.Transition.Off',
        signal,
      ),
    async setBootDevice(device, signal) {
      const source = sources[device];
      if (source === undefined) throw powerError('BmcUnsupported', `OpenBMC has no boot source ${device}`);
      await set(`${oneTime}/attr/BootMode`, 'xyz.openbmc_project.Control.Boot.Mode.Modes.Regular', signal);
      await set(`${oneTime}/attr/BootSource`, source, signal);
      await set(`${oneTime}/attr/Enabled`, true, signal);
    },
    async close() {
      const ended = token;
      token = undefined;
      if (ended !== undefined) {
        const asked = {
          method: 'POST',
          path: '/logout',
          json: { data: [] },
          headers: { 'x-auth-token': ended },
        } as const;
        await http.send(asked, AbortSignal.timeout(5_000)).catch(() => undefined);
      }
      await http.close();
    },
  };
}

/** Of `xyz.openbmc_project.State.Host.HostState`: everything that runs, and what stands still with the power on. */
export function hostState(value: string): PowerState {
  const state = value.slice(value.lastIndexOf('.') + 1);
  if (state === 'Off') return 'Off';
  return ['Running', 'Quiesced', 'DiagnosticMode', 'Standby'].includes(state) ? 'On' : 'Unknown';
}

function isRefusal(thrown: unknown): boolean {
  return isPowerError(thrown) && thrown.code === 'BmcAuthenticationFailed';
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
