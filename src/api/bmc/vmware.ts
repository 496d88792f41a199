import { z } from 'zod';
import { type BmcDriver, userAndPassword } from './driver.ts';

/** `spec.bmc.parameters` of the driver `vmware`. */
export const VmwareParameters = z.strictObject({
  vm: z
    .string()
    .regex(/^[^\r\n]{1,80}$/)
    .describe("The virtual machine: its BIOS UUID, its vCenter's instance UUID, or its name."),
});
export type VmwareParameters = z.infer<typeof VmwareParameters>;

export const vmware = {
  title: 'virtual machines of VMware vSphere: vCenter or a single ESXi',
  address: 'Url',
  can: ['SoftOff', 'BootAlways', 'Enumerate'],
  secret: userAndPassword,
  parameters: VmwareParameters,
} as const satisfies BmcDriver;
