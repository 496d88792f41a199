import { z } from 'zod';

/** `spec.bmc.parameters` of the driver `redfish`. */
export const RedfishParameters = z
  .strictObject({
    systemId: z
      .string()
      .min(1)
      .optional()
      .describe('Id of the ComputerSystem, or its path. Needed only when the BMC has several.'),
    systemUuid: z.guid().optional().describe('UUID of the ComputerSystem, instead of systemId.'),
  })
  .refine((parameters) => parameters.systemId === undefined || parameters.systemUuid === undefined, {
    message: 'give systemId or systemUuid, not both',
  });
export type RedfishParameters = z.infer<typeof RedfishParameters>;
