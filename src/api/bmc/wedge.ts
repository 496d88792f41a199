import { z } from 'zod';
import type { BmcDriver } from './driver.ts';
import { sshParameters, sshSecret } from './ssh.ts';

/** `spec.bmc.parameters` of the driver `wedge`. */
export const WedgeParameters = z.strictObject({ ...sshParameters });
export type WedgeParameters = z.infer<typeof WedgeParameters>;

export const wedge = {
  title: 'Facebook Wedge and other switches with its OpenBMC, over SSH',
  address: 'HostPort',
  can: [],
  secret: sshSecret,
  parameters: WedgeParameters,
} as const satisfies BmcDriver;
