import { z } from 'zod';

/** A reading of a sensor, as a rack tells it: see docs/reference/admin-endpoint.md. */
export const SensorReading = z.object({
  name: z.string().min(1).max(64),
  kind: z.string().max(32).describe('Temperature, Fan, Voltage or Power.'),
  unit: z.string().max(32).describe('Celsius, RPM, Percent, Volts or Watts.'),
  value: z.number(),
});
export type SensorReading = z.infer<typeof SensorReading>;

/** What the BMC of a machine said last. */
export const MachineSensors = z.object({
  machine: z.string().max(253),
  at: z.iso.datetime(),
  sensors: z.array(SensorReading).max(128),
});
export type MachineSensors = z.infer<typeof MachineSensors>;

/** A page of a rack's `/sensors`. */
export const SensorPage = z.object({ items: z.array(MachineSensors).max(200), next: z.string().optional() });
