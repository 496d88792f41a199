import { EatonParameters } from '../../../api/bmc/eaton.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { createOutletDriver, type OutletObjects } from '../snmp/outlet-driver.ts';
import { openSnmp } from '../snmp/session.ts';

/** EATON-EPDU-MIB, outletControlEntry; the first unit of a chain has index 0. */
const entry = '1.3.6.1.4.1.534.6.6.7.6.6.1';

/** Power by an outlet of Eaton. @throws CodedError<PowerErrorCode> for address and Secret */
export function createEatonDriver(target: PowerTarget): PowerDriver {
  const parameters = EatonParameters.parse(target.parameters);
  return createOutletDriver(openSnmp(target, parameters), eatonOutlet(parameters));
}

/** outletControlStatus: off(0), on(1), pendingOff(2), pendingOn(3); commands are delays in seconds, 0 is at once. */
export function eatonOutlet({ outlet }: Pick<EatonParameters, 'outlet'>): OutletObjects {
  return {
    state: `${entry}.2.0.${outlet}`,
    stateOf: (value) => (value === 1 ? 'On' : value === 0 ? 'Off' : 'Unknown'),
    on: { oid: `${entry}.4.0.${outlet}`, value: 0 },
    off: { oid: `${entry}.3.0.${outlet}`, value: 0 },
  };
}
