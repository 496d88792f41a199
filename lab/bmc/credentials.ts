import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** A user of a BMC. */
export const BmcCredentials = z.object({ username: z.string(), password: z.string() });
export type BmcCredentials = z.infer<typeof BmcCredentials>;

/** Makes credentials for one laboratory; 16 bytes is the longest password that every IPMI 2.0 implementation takes. */
export function makeCredentials(): BmcCredentials {
  return { username: 'admin', password: randomBytes(8).toString('hex') };
}
