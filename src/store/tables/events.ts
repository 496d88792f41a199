import { z } from 'zod';
import { Details, rowBase, type Table } from '../table.ts';

/** Event: a Kubernetes Event. Step: one of a boot. Phase: a machine came into it. Action: a MachineAction ended. */
export const eventClasses = ['Event', 'Step', 'Phase', 'Action'] as const;

export const EventRow = z.object({
  ...rowBase,
  class: z.enum(eventClasses),
  subject_kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  machine: z.string().optional(),
  type: z.enum(['Normal', 'Warning']),
  reason: z.string(),
  message: z.string(),
  source: z.string().optional(),
  count: z.int().optional(),
  last_at: z.string().optional(),
  details: Details.optional(),
});
export type EventRow = z.infer<typeof EventRow>;

/** Events that happen again are counted up. */
export const eventsTable: Table = {
  name: 'events',
  slice: 'month',
  columns: {
    class: 'text',
    subject_kind: 'text',
    namespace: 'text',
    name: 'text',
    machine: 'text',
    type: 'text',
    reason: 'text',
    message: 'text',
    source: 'text',
    count: 'integer',
    last_at: 'timestamptz',
    details: 'json',
  },
  merge: 'count = excluded.count, last_at = excluded.last_at WHERE excluded.count > t.count',
};
