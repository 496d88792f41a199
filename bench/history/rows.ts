import { rowId } from '../../src/store/row-id.ts';
import type { HistoryRow } from '../../src/store/tables.ts';

/** Of how many machines history tells. */
export const machineCount = 10_000;

const secondMs = 1_000;

/** The name of a machine, as `bench/lib/machines.ts` names them. */
export function machineName(number: number): string {
  return `r${Math.floor(number / 40)}-${number % 40}`;
}

/** Rows as a working estate makes them: of ten, seven events, a result with its output, a power operation, a write through the API. */
export function liveRows(from: number, count: number, start: number): HistoryRow[] {
  return Array.from({ length: count }, (_, index) => liveRow(from + index, start + (from + index) / 10));
}

/** @param atMs since the epoch */
function liveRow(number: number, atMs: number): HistoryRow {
  const machine = machineName((number * 7919) % machineCount);
  const at = new Date(atMs).toISOString();
  const started_at = new Date(atMs - 40 * secondMs).toISOString();
  const id = rowId('bench', number);
  switch (number % 10) {
    case 7:
      return {
        table: 'results',
        row: {
          ...{ at, id, machine, kind: 'Test', name: 'memory', outcome: 'Succeeded', started_at },
          ...{ finished_at: at, message: '262144 MiB are sound' },
          output: 'stress-ng: info: dispatching hogs: 32 vm\nstress-ng: info: passed: 32: vm (32)\n'.repeat(
            8,
          ),
          details: { memoryMiB: 262_144, threads: 64 },
        },
      };
    case 8:
      return {
        table: 'power_operations',
        row: {
          ...{ at, id, machine, action: 'On', mode: 'Level', rack: 'rack-a', outcome: 'Succeeded' },
          ...{ message: 'the BMC says that the power is on', started_at, finished_at: at },
        },
      };
    case 9:
      return {
        table: 'audit',
        row: {
          ...{ at, id, username: `ann-${number % 50}`, verb: 'patch', resource: 'machines', name: machine },
          ...{ path: `/api/v1/machines/${machine}`, status: 200, outcome: 'Done', request_id: id },
          ...{ duration_ms: 12, details: { fields: ['spec.pool'] } },
        },
      };
    default:
      return {
        table: 'events',
        row: {
          ...{ at, id, class: number % 2 === 0 ? 'Step' : 'Phase', subject_kind: 'Machine', name: machine },
          ...{ machine, type: number % 40 === 0 ? 'Warning' : 'Normal', reason: `Reason${number % 30}` },
          message: `the machine took DHCP from 10.0.${number % 256}.9 and went on within 4 seconds`,
          ...{ source: 'rack-a', last_at: at, details: { generation: 3, durationSeconds: 4 } },
        },
      };
  }
}

/** Statements that make the rows of earlier weeks in the database itself; `$1` to `$2` are their numbers, `$3` and `$4` the first moment and the milliseconds between two. */
export const fillStatements = {
  events: `INSERT INTO metalwright.events (at, id, class, subject_kind, name, machine, type, reason, message, source, last_at, details)
    SELECT at, id, CASE WHEN n % 2 = 0 THEN 'Step' ELSE 'Phase' END, 'Machine', machine, machine,
      CASE WHEN n % 40 = 0 THEN 'Warning' ELSE 'Normal' END, 'Reason' || n % 30,
      'the machine took DHCP from 10.0.' || n % 256 || '.9 and went on within 4 seconds', 'rack-a', at,
      '{"generation":3,"durationSeconds":4}' FROM fill`,
  results: `INSERT INTO metalwright.results (at, id, machine, kind, name, outcome, started_at, finished_at, message, output, details)
    SELECT at, id, machine, 'Test', 'memory', 'Succeeded', at - interval '40 s', at, '262144 MiB are sound',
      repeat(E'stress-ng: info: dispatching hogs: 32 vm\\nstress-ng: info: passed: 32: vm (32)\\n', 8),
      '{"memoryMiB":262144,"threads":64}' FROM fill`,
  power_operations: `INSERT INTO metalwright.power_operations (at, id, machine, action, mode, rack, outcome, message, started_at, finished_at)
    SELECT at, id, machine, 'On', 'Level', 'rack-a', 'Succeeded', 'the BMC says that the power is on', at - interval '40 s', at FROM fill`,
  audit: `INSERT INTO metalwright.audit (at, id, username, verb, resource, name, path, status, outcome, request_id, duration_ms, details)
    SELECT at, id, 'ann-' || n % 50, 'patch', 'machines', machine, '/api/v1/machines/' || machine, 200, 'Done', id::text, 12,
      '{"fields":["spec.pool"]}' FROM fill`,
} as const;

/** What goes before a statement of {@link fillStatements}. */
export const fillRows = `WITH fill AS (
    SELECT n, 'r' || n * 7919 % ${machineCount} / 40 || '-' || n * 7919 % ${machineCount} % 40 AS machine, md5('fill' || n)::uuid AS id,
      $3::timestamptz + n * $4::float8 * interval '1 ms' AS at
    FROM generate_series($1::bigint, $2::bigint) AS n
  ) `;
