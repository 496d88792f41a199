import { z } from 'zod';
import { Details, rowBase, type Table } from '../table.ts';

/** Test: of the hardware. Task: of the agent (an installation, an erasure, …). Inventory: what commissioning found. */
export const resultKinds = ['Test', 'Task', 'Inventory'] as const;

export const ResultRow = z.object({
  ...rowBase,
  machine: z.string(),
  kind: z.enum(resultKinds),
  name: z.string(),
  outcome: z.string(),
  started_at: z.string().optional(),
  finished_at: z.string().optional(),
  message: z.string().optional(),
  /** What it printed. */
  output: z.string().optional(),
  details: Details.optional(),
});
export type ResultRow = z.infer<typeof ResultRow>;

export const resultsTable: Table = {
  name: 'results',
  slice: 'month',
  columns: {
    machine: 'text',
    kind: 'text',
    name: 'text',
    outcome: 'text',
    started_at: 'timestamptz',
    finished_at: 'timestamptz',
    message: 'text',
    output: 'text',
    details: 'json',
  },
};
