import { z } from 'zod';

/** What a machine said in one line, as a rack tells it: see docs/reference/admin-endpoint.md. */
export const RackLine = z.object({
  sequence: z.int().min(1),
  machine: z.string().min(1).max(253),
  at: z.iso.datetime(),
  text: z.string().max(8_192),
});
export type RackLine = z.infer<typeof RackLine>;

/** A page of a rack's `/console-log`. */
export const LinePage = z.object({
  /** Of this run of the rack. */
  instance: z.string().min(1).max(64),
  items: z.array(RackLine).max(1_000),
  /** The sequence of the last line of all. */
  last: z.int().min(0),
});
