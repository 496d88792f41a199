import { z } from 'zod';
import { DliParameters } from '../../../api/bmc/dli.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { isPowerError, powerError } from '../errors.ts';
import { type BmcHttp, createBmcHttp } from '../http/client.ts';
import { withDigest } from '../http/digest-client.ts';
import { createOutletPage } from './page.ts';

/** One outlet, whatever speaks to it. */
export interface Outlet {
  isOn(signal: AbortSignal): Promise<boolean>;
  set(on: boolean, signal: AbortSignal): Promise<void>;
}

/**
 * Power by an outlet of a web power switch of Digital Loggers, through the API that the parameters name: there is no fall
 * back from the one that hides the password to the one that does not.
 */
export function createDliDriver(target: PowerTarget): PowerDriver {
  const { outlet: number, api } = DliParameters.parse(target.parameters);
  const plain = createBmcHttp(target, { scheme: 'http', port: 80 });
  const http = api === 'Rest' ? withDigest(plain, target) : plain;
  const outlet =
    api === 'Rest' ? createOutletRest(http, Number(number)) : createOutletPage(http, target, Number(number));

  return {
    bootDevices: new Set(),
    status: async (signal) => ((await outlet.isOn(signal)) ? 'On' : 'Off'),
    on: (signal) => outlet.set(true, signal),
    off: (signal) => outlet.set(false, signal),
    setBootDevice: () => Promise.reject(powerError('BmcUnsupported', 'an outlet sets no boot device')),
    close: () => http.close(),
  };
}

/** The REST API, which counts outlets from 0. Source: Digital Loggers' REST API reference. */
function createOutletRest(http: BmcHttp, number: number): Outlet {
  const path = `/restapi/relay/outlets/${number - 1}`;
  const missing = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (thrown) {
      if (!isPowerError(thrown) || thrown.code !== 'BmcUnsupported') throw thrown;
      throw powerError('BmcSystemNotFound', `the switch shows no outlet ${number} in a REST API`, {
        cause: thrown,
      });
    }
  };
  return {
    // The wanted state comes back after a power cut; the physical one is what the machine feels.
    isOn: (signal) =>
      missing(
        http.read(
          z.boolean(),
          { method: 'GET', path: `${path}/physical_state/`, headers: { accept: 'application/json' } },
          signal,
        ),
      ),
    async set(on, signal) {
      const headers = { 'x-csrf': 'metalwright', accept: 'application/json' };
      await missing(
        http.ask({ method: 'PUT', path: `${path}/state/`, headers, form: { value: String(on) } }, signal),
      );
    },
  };
}
