import { z } from 'zod';
import { type BmcDriver, userAndPassword } from './driver.ts';

/** `spec.bmc.parameters` of the driver `redfish`. */
export const RedfishParameters = z.strictObject({
  systemId: z
    .string()
    .min(1)
    .optional()
    .describe('Id of the ComputerSystem, or its path. Needed only when the BMC has several.'),
  systemUuid: z.guid().optional().describe('UUID of the ComputerSystem, instead of systemId.'),
});
export type RedfishParameters = z.infer<typeof RedfishParameters>;

export const redfish = {
  title: 'DMTF Redfish',
  address: 'Url',
  can: ['SoftOff', 'BootOnce', 'UefiHttp', 'VirtualMedia', 'Sensors', 'Enumerate'],
  secret: userAndPassword,
  parameters: RedfishParameters,
  atMostOneOf: ['systemId', 'systemUuid'],
} as const satisfies BmcDriver;
