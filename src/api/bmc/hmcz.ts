import { z } from 'zod';
import { type BmcDriver, userAndPassword } from './driver.ts';

/** `spec.bmc.parameters` of the driver `hmcz`. */
export const HmczParameters = z.strictObject({
  partition: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$/)
    .describe('Name of the partition.'),
  cpc: z
    .string()
    .regex(/^[A-Za-z0-9]{1,8}$/)
    .optional()
    .describe('Name of its CPC. Needed only when partitions of several have that name.'),
});
export type HmczParameters = z.infer<typeof HmczParameters>;

export const hmcz = {
  title: 'DPM partitions of IBM Z and LinuxONE, by the Web Services API of their HMC',
  address: 'Url',
  can: ['BootAlways', 'Enumerate'],
  secret: userAndPassword,
  parameters: HmczParameters,
} as const satisfies BmcDriver;
