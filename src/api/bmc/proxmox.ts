import { z } from 'zod';
import type { BmcDriver } from './driver.ts';

/** `spec.bmc.parameters` of the driver `proxmox`. */
export const ProxmoxParameters = z.strictObject({
  vm: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,63}$/)
    .describe('Number or name of the virtual machine.'),
});
export type ProxmoxParameters = z.infer<typeof ProxmoxParameters>;

export const proxmox = {
  title: 'virtual machines of Proxmox VE',
  address: 'Url',
  can: ['SoftOff', 'Enumerate'],
  secret: { required: ['username'], optional: ['password', 'tokenName', 'token'] },
  parameters: ProxmoxParameters,
} as const satisfies BmcDriver;
