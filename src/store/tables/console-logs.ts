import { z } from 'zod';
import { rowBase, type Table } from '../table.ts';

export const ConsoleRow = z.object({
  ...rowBase,
  machine: z.string(),
  /** Where the text comes from: `Serial`, `Boot`. */
  source: z.string(),
  text: z.string(),
});
export type ConsoleRow = z.infer<typeof ConsoleRow>;

/** Pieces of what machines print. */
export const consoleTable: Table = {
  name: 'console_logs',
  slice: 'day',
  columns: { machine: 'text', source: 'text', text: 'text' },
};
