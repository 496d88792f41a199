import { z } from 'zod';

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A medium as it is kept: without the secret of its address, and without the boot token. Times in ms since the epoch. */
export const MediaRecord = z.object({
  /** SHA-256 of the secret in its address. */
  hash: Hash,
  id: z.string().regex(/^[0-9A-Z]{8}$/),
  machine: z.string(),
  machineUid: z.string().optional(),
  generation: z.int(),
  architecture: z.enum(['amd64', 'arm64']),
  kernel: z.object({ digest: Hash, sizeBytes: z.int() }),
  initrd: z.object({ digest: Hash, sizeBytes: z.int() }),
  rack: z.string(),
  /** How the agent speaks HTTPS; none: it speaks HTTP. */
  api: z.object({ port: z.int(), authority: Hash, name: z.string().optional() }).optional(),
  mac: z.string(),
  extra: z.array(z.string()),
  network: z
    .object({
      address: z.string(),
      gateway: z.string().optional(),
      dnsServers: z.array(z.string()).readonly(),
      vlan: z.int().optional(),
      mtu: z.int(),
    })
    .optional(),
  issuedAt: z.number(),
  expiresAt: z.number(),
  /** The address that read it first: the BMC's. */
  reader: z.string().optional(),
});
export type MediaRecord = z.infer<typeof MediaRecord>;

/** The state file. */
export const MediaState = z.object({ version: z.literal(1), media: z.array(MediaRecord) });
