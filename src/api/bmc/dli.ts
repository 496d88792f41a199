import { z } from 'zod';
import { type BmcDriver, userAndPassword } from './driver.ts';

/** `spec.bmc.parameters` of the driver `dli`. */
export const DliParameters = z.strictObject({
  outlet: z
    .string()
    .regex(/^[1-9][0-9]?$/)
    .describe('Number of the outlet that feeds the machine, from 1, as on its label.'),
  api: z
    .enum(['Rest', 'Page'])
    .default('Rest')
    .describe(
      'Rest: the REST API of newer controllers, with digest authentication. Page: the links of older ones, whose password travels in the clear.',
    ),
});
export type DliParameters = z.infer<typeof DliParameters>;

export const dli = {
  title: 'outlets of web power switches of Digital Loggers',
  address: 'Url',
  can: [],
  secret: userAndPassword,
  parameters: DliParameters,
} as const satisfies BmcDriver;
