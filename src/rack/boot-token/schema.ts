import { z } from 'zod';

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A boot token as it is kept: without the token. Times in milliseconds since the epoch. */
export const TokenRecord = z.object({
  hash: Hash,
  machine: z.string(),
  machineUid: z.string().optional(),
  generation: z.int(),
  mac: z.string(),
  address: z.string(),
  issuedAt: z.number(),
  expiresAt: z.number(),
  usedAt: z.number().optional(),
  /** What it bought, and the hash of the nonce that the buyer gave. */
  session: Hash.optional(),
  nonce: Hash.optional(),
});
export type TokenRecord = z.infer<typeof TokenRecord>;

/** A session as it is kept: without its key. */
export const SessionRecord = z.object({
  hash: Hash,
  machine: z.string(),
  machineUid: z.string().optional(),
  generation: z.int(),
  mac: z.string(),
  address: z.string(),
  openedAt: z.number(),
  /** Whether its key was ever used: from then on the answer that held the key was not lost. */
  heard: z.boolean().optional(),
  /** When it was used last, to the hour: a rescue may last for weeks. */
  heardAt: z.number().optional(),
  ending: z
    .object({ task: z.string(), kind: z.enum(['Reboot', 'PowerOff', 'Stay']) })
    .optional()
    .describe('Its task has ended: how the machine goes on. Stay: as it is, for whoever is logged in.'),
});
export type SessionRecord = z.infer<typeof SessionRecord>;

/** The state file. */
export const BootTokenState = z.object({
  version: z.literal(1),
  tokens: z.array(TokenRecord),
  sessions: z.array(SessionRecord),
});
export type BootTokenState = z.infer<typeof BootTokenState>;
