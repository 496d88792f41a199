import { z } from 'zod';
import { rowBase, type Table } from '../table.ts';

export const AllocationRow = z.object({
  ...rowBase,
  namespace: z.string(),
  name: z.string(),
  image: z.string().optional(),
  machine: z.string().optional(),
  /** Users, as far as they came through the REST API. */
  created_by: z.string().optional(),
  deleted_by: z.string().optional(),
  bound_at: z.string().optional(),
  deployed_at: z.string().optional(),
  /** When its deletion was asked for. */
  released_at: z.string().optional(),
  ended_at: z.string().optional(),
  phase: z.string().optional(),
  /** Of the resource: a later one knows the phase better. */
  version: z.int(),
});
export type AllocationRow = z.infer<typeof AllocationRow>;

const kept = ['image', 'machine', 'created_by', 'deleted_by', 'bound_at', 'deployed_at', 'released_at'];

/** One row an Allocation; `at` is its creation. What was once known stays. */
export const allocationsTable: Table = {
  name: 'allocations',
  slice: 'month',
  columns: {
    namespace: 'text',
    name: 'text',
    image: 'text',
    machine: 'text',
    created_by: 'text',
    deleted_by: 'text',
    bound_at: 'timestamptz',
    deployed_at: 'timestamptz',
    released_at: 'timestamptz',
    ended_at: 'timestamptz',
    phase: 'text',
    version: 'bigint',
  },
  merge: [
    ...kept.map((column) => later(column)),
    'ended_at = least(t.ended_at, excluded.ended_at)',
    later('phase'),
    'version = greatest(t.version, excluded.version)',
  ].join(', '),
  openUntil: 'ended_at',
};

function later(column: string): string {
  return `${column} = CASE WHEN excluded.version >= t.version THEN coalesce(excluded.${column}, t.${column}) ELSE coalesce(t.${column}, excluded.${column}) END`;
}
