import { z } from 'zod';
import type { BmcDriver } from './driver.ts';
import { snmpParameters, snmpSecret } from './snmp.ts';

/** `spec.bmc.parameters` of the driver `eaton`. */
export const EatonParameters = z.strictObject(snmpParameters);
export type EatonParameters = z.infer<typeof EatonParameters>;

export const eaton = {
  title: 'outlets of switched ePDUs of Eaton',
  address: 'HostPort',
  can: [],
  secret: snmpSecret,
  parameters: EatonParameters,
} as const satisfies BmcDriver;
