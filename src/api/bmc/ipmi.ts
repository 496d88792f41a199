import { z } from 'zod';
import type { BmcDriver } from './driver.ts';

/** `spec.bmc.parameters` of the driver `ipmi`. */
export const IpmiParameters = z.strictObject({
  cipherSuite: z
    .enum(['17', '3'])
    .optional()
    .describe('The only cipher suite that is tried. Default: 17, then 3.'),
  privilegeLevel: z
    .enum(['User', 'Operator', 'Administrator'])
    .default('Operator')
    .describe('Privilege that is asked for; power commands need Operator.'),
});
export type IpmiParameters = z.infer<typeof IpmiParameters>;

export const ipmi = {
  title: 'IPMI 2.0 over LAN (RMCP+)',
  address: 'HostPort',
  can: ['SoftOff', 'BootOnce', 'Sensors', 'Console'],
  secret: { required: ['username', 'password'], optional: ['bmcKey'] },
  parameters: IpmiParameters,
} as const satisfies BmcDriver;
