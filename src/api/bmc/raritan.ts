import { z } from 'zod';
import type { BmcDriver } from './driver.ts';
import { snmpParameters, snmpSecret } from './snmp.ts';

/** `spec.bmc.parameters` of the driver `raritan`. */
export const RaritanParameters = z.strictObject(snmpParameters);
export type RaritanParameters = z.infer<typeof RaritanParameters>;

export const raritan = {
  title: 'outlets of switched PDUs of Raritan (PDU2-MIB)',
  address: 'HostPort',
  can: [],
  secret: snmpSecret,
  parameters: RaritanParameters,
} as const satisfies BmcDriver;
