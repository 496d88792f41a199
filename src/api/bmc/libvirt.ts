import { z } from 'zod';
import type { BmcDriver } from './driver.ts';

/** `spec.bmc.parameters` of the driver `libvirt`. */
export const LibvirtParameters = z.strictObject({
  domain: z
    .string()
    .regex(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,62}$/)
    .describe('Name or UUID of the virtual machine.'),
});
export type LibvirtParameters = z.infer<typeof LibvirtParameters>;

export const libvirt = {
  title: "virtual machines of libvirt, on the rack's own node or over SSH",
  address: 'LibvirtUri',
  can: ['SoftOff', 'Console', 'Enumerate'],
  secret: { required: [], optional: ['sshPrivateKey', 'sshKnownHosts'] },
  parameters: LibvirtParameters,
} as const satisfies BmcDriver;
