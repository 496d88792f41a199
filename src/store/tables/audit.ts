import { z } from 'zod';
import { Details, rowBase, type Table } from '../table.ts';

export const AuditRow = z.object({
  ...rowBase,
  username: z.string(),
  verb: z.string(),
  resource: z.string(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  path: z.string(),
  dry_run: z.boolean().optional(),
  /** Of HTTP. */
  status: z.int(),
  /** `Done`, or the code of the problem. */
  outcome: z.string(),
  message: z.string().optional(),
  request_id: z.string(),
  duration_ms: z.int().optional(),
  details: Details.optional(),
});
export type AuditRow = z.infer<typeof AuditRow>;

/** Every write through the REST API. */
export const auditTable: Table = {
  name: 'audit',
  slice: 'month',
  columns: {
    username: 'text',
    verb: 'text',
    resource: 'text',
    namespace: 'text',
    name: 'text',
    path: 'text',
    dry_run: 'boolean',
    status: 'integer',
    outcome: 'text',
    message: 'text',
    request_id: 'text',
    duration_ms: 'integer',
    details: 'json',
  },
};
