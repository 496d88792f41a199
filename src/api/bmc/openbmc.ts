import { z } from 'zod';
import { type BmcDriver, userAndPassword } from './driver.ts';

/** The REST API of OpenBMC, for firmware older than its Redfish. It has one host. */
export const openbmc = {
  title: "OpenBMC's own REST API",
  address: 'Url',
  can: ['BootOnce'],
  secret: userAndPassword,
  parameters: z.strictObject({}),
} as const satisfies BmcDriver;
