import type { PowerDriver, PowerState } from '../driver.ts';
import { powerError } from '../errors.ts';
import type { SnmpSession } from './session.ts';

/** Where an outlet is in a MIB, and what its values say. */
export interface OutletObjects {
  state: string;
  stateOf(value: number): PowerState;
  on: { oid: string; value: number };
  off: { oid: string; value: number };
}

/** An outlet as a power driver: it has power or not, and knows nothing of the machine behind it. */
export function createOutletDriver(session: SnmpSession, outlet: OutletObjects): PowerDriver {
  return {
    bootDevices: new Set(),
    status: async (signal) => outlet.stateOf(await session.getInteger(outlet.state, signal)),
    on: (signal) => session.setInteger(outlet.on.oid, outlet.on.value, signal),
    off: (signal) => session.setInteger(outlet.off.oid, outlet.off.value, signal),
    setBootDevice: () => Promise.reject(powerError('BmcUnsupported', 'an outlet sets no boot device')),
    close: async () => session.close(),
  };
}
