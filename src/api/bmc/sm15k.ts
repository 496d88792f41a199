import { z } from 'zod';
import { type BmcDriver, userAndPassword } from './driver.ts';

/** `spec.bmc.parameters` of the driver `sm15k`. */
export const Sm15kParameters = z.strictObject({
  server: z
    .string()
    .regex(/^[0-9]{1,3}$/)
    .describe('Number of the server in its chassis, from 0.'),
  control: z
    .enum(['Rest2', 'Rest09', 'Ipmi'])
    .default('Rest2')
    .describe(
      "Rest2, Rest09: version 2.0 or 0.9 of the chassis' REST API. Ipmi: power by IPMI, all else by version 2.0 of the REST API.",
    ),
});
export type Sm15kParameters = z.infer<typeof Sm15kParameters>;

export const sm15k = {
  title: 'servers of a SeaMicro SM15000 chassis',
  address: 'Url',
  can: ['SoftOff', 'BootAlways', 'Enumerate'],
  secret: userAndPassword,
  parameters: Sm15kParameters,
} as const satisfies BmcDriver;
