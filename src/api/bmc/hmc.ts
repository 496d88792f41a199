import { z } from 'zod';
import type { BmcDriver } from './driver.ts';
import { sshParameters, sshSecret } from './ssh.ts';

/** `spec.bmc.parameters` of the driver `hmc`. */
export const HmcParameters = z.strictObject({
  server: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._*@-]{0,30}$/)
    .describe('Name of the managed system, or its type-model*serial.'),
  partition: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,46}$/)
    .describe('Name of the logical partition.'),
  profile: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,30}$/)
    .optional()
    .describe('Name of the profile to activate it with. Default: its current configuration.'),
  ...sshParameters,
});
export type HmcParameters = z.infer<typeof HmcParameters>;

export const hmc = {
  title: 'logical partitions of IBM Power, by the command line of their HMC',
  address: 'HostPort',
  can: ['SoftOff', 'BootOnce', 'Enumerate'],
  secret: sshSecret,
  parameters: HmcParameters,
} as const satisfies BmcDriver;
