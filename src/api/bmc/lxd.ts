import { z } from 'zod';
import type { BmcDriver } from './driver.ts';

/** `spec.bmc.parameters` of the driver `lxd`. */
export const LxdParameters = z.strictObject({
  instance: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,62}$/)
    .describe('Name of the virtual machine.'),
  project: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,63}$/)
    .default('default')
    .describe('The project that it is in.'),
});
export type LxdParameters = z.infer<typeof LxdParameters>;

export const lxd = {
  title: 'virtual machines of LXD or Incus',
  address: 'Url',
  can: ['SoftOff', 'Enumerate'],
  secret: { required: ['certificate', 'key'], optional: ['trustToken'] },
  parameters: LxdParameters,
} as const satisfies BmcDriver;
