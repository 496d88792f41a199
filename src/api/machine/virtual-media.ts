import { z } from 'zod';
import { Timestamp } from '../fields.ts';

/** A medium in a machine's virtual drive: written before it is inserted, taken away after it was ejected. */
export const VirtualMediaState = z.object({
  id: z.string().max(64).describe('Of this medium.'),
  rack: z.string().max(253).describe('The rack that serves it.'),
  generation: z.int().min(0).describe('The boot generation that it is for.'),
  since: Timestamp,
});
export type VirtualMediaState = z.infer<typeof VirtualMediaState>;
