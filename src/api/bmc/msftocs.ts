import { z } from 'zod';
import { type BmcDriver, userAndPassword } from './driver.ts';

/** `spec.bmc.parameters` of the driver `msftocs`. */
export const MsftocsParameters = z.strictObject({
  bladeId: z
    .string()
    .regex(/^[1-9][0-9]?$/)
    .describe('Number of the blade in its chassis, from 1.'),
});
export type MsftocsParameters = z.infer<typeof MsftocsParameters>;

export const msftocs = {
  title: "blades of Microsoft's Open CloudServer, by its chassis manager",
  address: 'Url',
  can: ['BootOnce', 'Enumerate'],
  secret: userAndPassword,
  parameters: MsftocsParameters,
} as const satisfies BmcDriver;
