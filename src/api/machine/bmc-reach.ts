import { z } from 'zod';
import { Timestamp } from '../fields.ts';

/** So many racks a status remembers, and so many try one power request. */
export const mostReaches = 16;

/** What one rack last knew of the way to the BMC; each rack writes its own entry, when it differs. */
export const BmcReach = z
  .array(
    z.object({
      rack: z.string().max(253),
      reaches: z.boolean().describe('Whether the BMC answered it.'),
      since: Timestamp,
    }),
  )
  .max(mostReaches)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['rack'] });
export type BmcReach = z.infer<typeof BmcReach>;

/** A rack that a BMC did not answer while it carried out a power request, and what it saw. */
export const PowerTry = z.object({
  rack: z.string().max(253),
  message: z.string().max(512),
});
export type PowerTry = z.infer<typeof PowerTry>;
