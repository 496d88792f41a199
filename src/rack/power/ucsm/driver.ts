import { UcsmParameters } from '../../../api/bmc/ucsm.ts';
import type { PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { xml } from '../xml/write.ts';
import { findServer } from './servers.ts';
import { createUcsmSession } from './session.ts';

/** States to which `lsPower` of a service profile is set. */
const orders = { on: 'admin-up', off: 'admin-down', softOff: 'soft-shut-down-only' } as const;

/**
 * Power of a blade or rack server through UCS Manager, whose service profile has the power. Sources: Cisco UCS Manager XML
 * API Programmer's Guide (configResolveClass, configConfMo); the management information model (computeBlade, lsPower).
 */
export function createUcsmDriver(target: PowerTarget): PowerDriver {
  const { uuid } = UcsmParameters.parse(target.parameters);
  const session = createUcsmSession(target);

  const order = async (state: string, signal: AbortSignal): Promise<void> => {
    const profile = (await findServer(session, uuid, signal)).attributes.get('assignedToDn') ?? '';
    if (profile === '') {
      const seen = `the server ${uuid} has no service profile: associate one, its power hangs on it`;
      throw powerError('BmcUnsupported', seen);
    }
    const dn = `${profile}/power`;
    const content = [xml('inConfig', {}, xml('lsPower', { dn, state }))];
    await session.call(
      { name: 'configConfMo', attributes: { dn, inHierarchical: 'false' }, content },
      signal,
    );
  };

  return {
    // The order is a policy that profiles share, and for good.
    bootDevices: new Set(),
    status: async (signal) => stateOf((await findServer(session, uuid, signal)).attributes.get('operPower')),
    on: (signal) => order(orders.on, signal),
    off: (signal) => order(orders.off, signal),
    softOff: (signal) => order(orders.softOff, signal),
    setBootDevice: () =>
      Promise.reject(powerError('BmcUnsupported', 'UCS Manager has no boot device for one boot')),
    close: () => session.close(),
  };
}

/** Of `operPower`. */
export function stateOf(operPower: string | undefined): PowerState {
  if (operPower === 'on') return 'On';
  return operPower === 'off' ? 'Off' : 'Unknown';
}
