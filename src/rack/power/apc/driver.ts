import { ApcParameters } from '../../../api/bmc/apc.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { createOutletDriver, type OutletObjects } from '../snmp/outlet-driver.ts';
import { openSnmp } from '../snmp/session.ts';

/** PowerNet-MIB: rPDUOutletControlOutletCommand and sPDUOutletCtl, whose column is read and written alike. */
const columns = {
  RPDU: '1.3.6.1.4.1.318.1.1.12.3.3.1.1.4',
  MASTERSWITCH: '1.3.6.1.4.1.318.1.1.4.4.2.1.3',
} as const;

/** Power by an outlet of APC. @throws CodedError<PowerErrorCode> for address and Secret */
export function createApcDriver(target: PowerTarget): PowerDriver {
  const parameters = ApcParameters.parse(target.parameters);
  return createOutletDriver(openSnmp(target, parameters), apcOutlet(parameters));
}

/** immediateOn(1), immediateOff(2); pending changes and reboots count as neither. */
export function apcOutlet({ outlet, pduType }: Pick<ApcParameters, 'outlet' | 'pduType'>): OutletObjects {
  const oid = `${columns[pduType]}.${outlet}`;
  return {
    state: oid,
    stateOf: (value) => (value === 1 ? 'On' : value === 2 ? 'Off' : 'Unknown'),
    on: { oid, value: 1 },
    off: { oid, value: 2 },
  };
}
