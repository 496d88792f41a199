import { z } from 'zod';
import { rowBase, type Table } from '../table.ts';

export const PowerRow = z.object({
  ...rowBase,
  machine: z.string(),
  action: z.string(),
  mode: z.string().optional(),
  rack: z.string().optional(),
  outcome: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  started_at: z.string().optional(),
  finished_at: z.string().optional(),
});
export type PowerRow = z.infer<typeof PowerRow>;

/** What BMCs were told to do, and what came of it. */
export const powerTable: Table = {
  name: 'power_operations',
  slice: 'month',
  columns: {
    machine: 'text',
    action: 'text',
    mode: 'text',
    rack: 'text',
    outcome: 'text',
    reason: 'text',
    message: 'text',
    started_at: 'timestamptz',
    finished_at: 'timestamptz',
  },
};
