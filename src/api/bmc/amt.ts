import { z } from 'zod';
import type { BmcDriver } from './driver.ts';

/** Intel AMT manages the machine that it is part of: there is nothing to choose. */
export const amt = {
  title: 'Intel AMT (vPro), by WS-Management',
  address: 'Url',
  can: ['SoftOff', 'BootOnce'],
  secret: { required: ['password'], optional: ['username'] },
  parameters: z.strictObject({}),
} as const satisfies BmcDriver;
