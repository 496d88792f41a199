import type { LabState, MachineRecord } from '../state.ts';
import type { BmcCredentials } from './credentials.ts';

/** How to reach the BMC of a virtual machine, as `spec.bmc` of a Machine takes it, and its user. */
export interface BmcConnection {
  driver: 'ipmi' | 'redfish';
  address: string;
  parameters?: Record<string, string>;
  tls?: { fingerprint: string };
  credentials: BmcCredentials;
}

/** Where the BMC of a machine listens. */
export function bmcConnection(state: LabState, { machine, ipmiPort }: MachineRecord): BmcConnection {
  if (machine.bmc === 'ipmi') {
    return { driver: 'ipmi', address: `${state.bmcAddress}:${ipmiPort}`, credentials: state.credentials };
  }
  return {
    driver: 'redfish',
    address: state.redfish.url,
    parameters: { systemId: machine.uuid },
    tls: { fingerprint: state.redfish.fingerprint },
    credentials: state.credentials,
  };
}
