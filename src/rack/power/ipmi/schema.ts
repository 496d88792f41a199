import { z } from 'zod';

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
