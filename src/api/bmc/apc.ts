import { z } from 'zod';
import type { BmcDriver } from './driver.ts';
import { snmpParameters, snmpSecret } from './snmp.ts';

/** `spec.bmc.parameters` of the driver `apc`. */
export const ApcParameters = z.strictObject({
  ...snmpParameters,
  pduType: z
    .enum(['RPDU', 'MASTERSWITCH'])
    .default('RPDU')
    .describe('RPDU: switched rack PDUs (AP79xx, AP89xx); MASTERSWITCH: the older MasterSwitch (AP92xx).'),
});
export type ApcParameters = z.infer<typeof ApcParameters>;

export const apc = {
  title: 'outlets of switched PDUs of APC',
  address: 'HostPort',
  can: [],
  secret: snmpSecret,
  parameters: ApcParameters,
} as const satisfies BmcDriver;
