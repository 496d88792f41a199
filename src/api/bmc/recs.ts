import { z } from 'zod';
import { type BmcDriver, userAndPassword } from './driver.ts';

/** `spec.bmc.parameters` of the driver `recs`. */
export const RecsParameters = z.strictObject({
  nodeId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,63}$/)
    .describe('Id of the node at the RECS_Master: RCU_84055620466592_BB_1_0.'),
});
export type RecsParameters = z.infer<typeof RecsParameters>;

export const recs = {
  title: 'nodes of a RECS|Box of christmann, by its RECS_Master',
  address: 'Url',
  can: ['BootOnce', 'Enumerate'],
  secret: userAndPassword,
  parameters: RecsParameters,
} as const satisfies BmcDriver;
