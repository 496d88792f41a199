import { rowId } from '../row-id.ts';
import type { EventRow } from '../tables/events.ts';
import type { ResultRow } from '../tables/results.ts';
import type { HistoryRow } from '../tables.ts';

/** A Kubernetes Event of a machine; its id is made of its time, machine and reason. */
export function anEvent(over: Partial<EventRow> = {}): HistoryRow {
  const row: EventRow = {
    at: '2026-11-20T10:00:00.000001Z',
    id: '',
    class: 'Event',
    subject_kind: 'Machine',
    name: over.machine ?? 'node-1',
    machine: 'node-1',
    type: 'Normal',
    reason: 'PhaseChanged',
    message: 'it is Ready',
    ...over,
  };
  return {
    table: 'events',
    row: { ...row, id: over.id ?? rowId('event', row.at, row.name, row.reason, row.class) },
  };
}

/** A hardware test of a machine. */
export function aResult(over: Partial<ResultRow> = {}): HistoryRow {
  const row: ResultRow = {
    at: '2026-11-20T11:00:00Z',
    id: '',
    machine: 'node-1',
    kind: 'Test',
    name: 'memory',
    outcome: 'Succeeded',
    message: '64 GiB are sound',
    output: 'stressed 4 cores\nno errors',
    ...over,
  };
  return { table: 'results', row: { ...row, id: over.id ?? rowId('result', row.at, row.machine, row.name) } };
}
