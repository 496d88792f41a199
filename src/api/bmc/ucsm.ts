import { z } from 'zod';
import { type BmcDriver, userAndPassword } from './driver.ts';

/** `spec.bmc.parameters` of the driver `ucsm`. */
export const UcsmParameters = z.strictObject({
  uuid: z.guid().describe('UUID of the blade or rack server, as UCS Manager shows it.'),
});
export type UcsmParameters = z.infer<typeof UcsmParameters>;

export const ucsm = {
  title: 'servers of Cisco UCS Manager, by its XML API',
  address: 'Url',
  can: ['SoftOff', 'Enumerate'],
  secret: userAndPassword,
  parameters: UcsmParameters,
} as const satisfies BmcDriver;
