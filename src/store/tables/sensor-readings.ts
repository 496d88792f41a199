import { z } from 'zod';
import { rowBase, type Table } from '../table.ts';

/** Name, kind, unit and value of a sensor. */
export const StoredReading = z.tuple([z.string(), z.string(), z.string(), z.number()]);

export const SensorRow = z.object({
  ...rowBase,
  machine: z.string(),
  /** Who has read it. */
  rack: z.string().optional(),
  readings: z.array(StoredReading),
});
export type SensorRow = z.infer<typeof SensorRow>;

/** What sensors of machines read: a row for all of a machine at a moment, since they are read and looked at together. */
export const sensorTable: Table = {
  name: 'sensor_readings',
  slice: 'day',
  columns: { machine: 'text', rack: 'text', readings: 'json' },
};
