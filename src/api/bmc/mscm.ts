import { z } from 'zod';
import type { BmcDriver } from './driver.ts';
import { sshParameters, sshSecret } from './ssh.ts';

/** `spec.bmc.parameters` of the driver `mscm`. */
export const MscmParameters = z.strictObject({
  nodeId: z
    .string()
    .regex(/^c[1-9][0-9]?n[1-9][0-9]?$/)
    .describe('Cartridge and node: c1n1.'),
  ...sshParameters,
});
export type MscmParameters = z.infer<typeof MscmParameters>;

export const mscm = {
  title: 'nodes of an HPE Moonshot chassis, by the command line of its iLO Chassis Manager',
  address: 'HostPort',
  can: ['SoftOff', 'BootOnce', 'Enumerate'],
  secret: sshSecret,
  parameters: MscmParameters,
} as const satisfies BmcDriver;
