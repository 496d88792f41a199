import { RaritanParameters } from '../../../api/bmc/raritan.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { createOutletDriver, type OutletObjects } from '../snmp/outlet-driver.ts';
import { openSnmp } from '../snmp/session.ts';

/** PDU2-MIB, outletSwitchControlEntry; the first unit has index 1. */
const entry = '1.3.6.1.4.1.13742.6.4.1.2.1';

/** Power by an outlet of Raritan. @throws CodedError<PowerErrorCode> for address and Secret */
export function createRaritanDriver(target: PowerTarget): PowerDriver {
  const parameters = RaritanParameters.parse(target.parameters);
  return createOutletDriver(openSnmp(target, parameters), raritanOutlet(parameters));
}

/** switchingOperation: off(0), on(1); outletSwitchingState is a SensorStateEnumeration: on(7), off(8). */
export function raritanOutlet({ outlet }: Pick<RaritanParameters, 'outlet'>): OutletObjects {
  const operation = `${entry}.2.1.${outlet}`;
  return {
    state: `${entry}.3.1.${outlet}`,
    stateOf: (value) => (value === 7 ? 'On' : value === 8 ? 'Off' : 'Unknown'),
    on: { oid: operation, value: 1 },
    off: { oid: operation, value: 0 },
  };
}
