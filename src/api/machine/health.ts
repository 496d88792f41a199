import { z } from 'zod';

/** Conditions of a Machine that follow from what racks read of its BMC. */
export const healthConditions = ['HardwareHealthy', 'FirmwareCurrent'] as const;

export const healthLevels = ['OK', 'Warning', 'Critical', 'Unknown'] as const;
/** As Redfish has it, and Unknown for a BMC that does not say. */
export type HealthLevel = (typeof healthLevels)[number];

/** So many components and versions a status holds; the rest is for metrics and the BMC itself. */
export const mostComponents = 16;
export const mostFirmware = 32;

/** What a rack read of the machine's BMC when it last differed. Readings of sensors are metrics, not status. */
export const HardwareHealth = z.object({
  rack: z.string().max(253).describe('The rack that read it.'),
  overall: z.enum(healthLevels).describe('What the BMC says of all of it.'),
  components: z
    .array(
      z.object({
        name: z.string().max(128),
        health: z.enum(['Warning', 'Critical']),
        message: z.string().max(256).optional(),
      }),
    )
    .max(mostComponents)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('What is not healthy.'),
  secureBoot: z.enum(['Enabled', 'Disabled']).optional().describe('At the present boot of its firmware.'),
  firmware: z
    .record(z.string().max(64), z.string().max(64))
    .meta({ maxProperties: mostFirmware })
    .optional()
    .describe('Versions by component: BIOS, BMC, and what the BMC lists.'),
  eventLog: z
    .object({
      cursor: z.string().max(128).describe('The newest entry that was read.'),
      critical: z.int().min(0).describe('Critical entries when the log was last read.'),
    })
    .optional()
    .describe("The BMC's event log."),
});
export type HardwareHealth = z.infer<typeof HardwareHealth>;

/** Why `HardwareHealthy` is as it is, in words. */
export const hardwareHealthReasons = {
  Healthy: 'The BMC finds all of the hardware healthy.',
  ComponentsDegraded: 'The BMC warns of a component.',
  ComponentsCritical: 'The BMC calls a component critical.',
  HealthNotReported: 'The BMC says nothing of health.',
} as const;

/** Why `FirmwareCurrent` is as it is, in words. */
export const firmwareReasons = {
  FirmwareSame: 'Its firmware is the same as that of most machines of its pool, vendor and product.',
  FirmwareDrift: 'Its firmware differs from that of most machines of its pool, vendor and product.',
  FirmwareNotReported: 'The BMC says nothing of firmware.',
  NoPeers: 'No other machine of its pool, vendor and product reports its firmware.',
} as const;
