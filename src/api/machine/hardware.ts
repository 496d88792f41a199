import { z } from 'zod';
import { FirmwareMode } from '../fields.ts';

/** What the scheduler matches and a person sees at a glance; the whole tree is the MachineInventory. */
export const HardwareSummary = z.object({
  vendor: z.string().max(128).optional(),
  product: z.string().max(128).optional(),
  serial: z.string().max(128).optional(),
  systemUuid: z.string().max(36).optional(),
  firmware: FirmwareMode.optional(),
  cores: z.int().min(0).describe('Physical cores.'),
  threads: z.int().min(0),
  memoryMiB: z.int().min(0),
  nics: z.int().min(0),
  disks: z
    .array(
      z.object({
        name: z.string().max(64),
        sizeBytes: z.int().min(0),
        kind: z.enum(['HDD', 'SSD', 'NVMe']),
      }),
    )
    .max(128),
});
export type HardwareSummary = z.infer<typeof HardwareSummary>;
