import { z } from 'zod';
import { IpAddress, MacAddress, Timestamp } from '../fields.ts';
import { BootStage, SeenStages } from './timeline.ts';

/** What the machine shall do when it boots. A boot generation is used once. */
export const BootIntent = z.object({
  generation: z.int().min(0),
  target: z.enum(['Disk', 'EphemeralOS']),
  expiresAt: Timestamp.optional().describe('After this moment no boot token is issued.'),
});
export type BootIntent = z.infer<typeof BootIntent>;

/** The furthest that racks saw the machine come in a boot generation. */
export const BootProgress = z.object({
  generation: z.int().min(0),
  stage: BootStage,
  at: Timestamp,
  rack: z.string().max(253),
  mac: MacAddress.optional(),
  vlan: z.string().max(253).optional(),
  subnet: z.string().max(253).optional(),
  address: IpAddress.optional(),
  architecture: z.int().optional().describe('Client system architecture type, DHCP option 93.'),
  seen: SeenStages.optional(),
});
export type BootProgress = z.infer<typeof BootProgress>;
