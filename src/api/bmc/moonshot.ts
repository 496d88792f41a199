import { z } from 'zod';
import type { BmcDriver } from './driver.ts';
import { IpmiParameters } from './ipmi.ts';

const ipmbAddress = /^0x[0-9a-fA-F][02468aceACE]$/;
const channel = /^([0-9]|1[0-5])$/;

/** `spec.bmc.parameters` of the driver `moonshot`. */
export const MoonshotParameters = z.strictObject({
  ...IpmiParameters.shape,
  targetAddress: z
    .string()
    .regex(ipmbAddress)
    .describe("IPMB address of the node's controller on its cartridge: 0x72 (ipmitool -t)."),
  targetChannel: z.string().regex(channel).default('7').describe('Channel that leads to it (ipmitool -b).'),
  transitAddress: z
    .string()
    .regex(ipmbAddress)
    .optional()
    .describe("IPMB address of the cartridge's controller: 0x82 (ipmitool -T). Default: bridged once only."),
  transitChannel: z.string().regex(channel).default('0').describe('Channel that leads to it (ipmitool -B).'),
});
export type MoonshotParameters = z.infer<typeof MoonshotParameters>;

export const moonshot = {
  title: 'nodes of an HPE Moonshot chassis, by IPMI bridged through its iLO Chassis Manager',
  address: 'HostPort',
  can: ['SoftOff', 'BootOnce', 'Enumerate'],
  secret: { required: ['username', 'password'], optional: ['bmcKey'] },
  parameters: MoonshotParameters,
} as const satisfies BmcDriver;
