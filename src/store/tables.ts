import { z } from 'zod';
import type { Table } from './table.ts';
import { AddressRow, addressesTable } from './tables/addresses.ts';
import { AllocationRow, allocationsTable } from './tables/allocations.ts';
import { AuditRow, auditTable } from './tables/audit.ts';
import { ConsoleRow, consoleTable } from './tables/console-logs.ts';
import { EventRow, eventsTable } from './tables/events.ts';
import { PowerRow, powerTable } from './tables/power-operations.ts';
import { ResultRow, resultsTable } from './tables/results.ts';
import { SensorRow, sensorTable } from './tables/sensor-readings.ts';

/** Every table of history. */
export const tables = {
  events: eventsTable,
  results: resultsTable,
  power_operations: powerTable,
  allocations: allocationsTable,
  addresses: addressesTable,
  audit: auditTable,
  console_logs: consoleTable,
  sensor_readings: sensorTable,
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof tables;
export const tableNames: readonly TableName[] = [
  'events',
  'results',
  'power_operations',
  'allocations',
  'addresses',
  'audit',
  'console_logs',
  'sensor_readings',
];

/** A row on its way into its table. */
export const HistoryRow = z.discriminatedUnion('table', [
  z.object({ table: z.literal('events'), row: EventRow }),
  z.object({ table: z.literal('results'), row: ResultRow }),
  z.object({ table: z.literal('power_operations'), row: PowerRow }),
  z.object({ table: z.literal('allocations'), row: AllocationRow }),
  z.object({ table: z.literal('addresses'), row: AddressRow }),
  z.object({ table: z.literal('audit'), row: AuditRow }),
  z.object({ table: z.literal('console_logs'), row: ConsoleRow }),
  z.object({ table: z.literal('sensor_readings'), row: SensorRow }),
]);
export type HistoryRow = z.infer<typeof HistoryRow>;

/** How long each table is kept, in days; 0: for ever. */
export type Retention = Readonly<Record<TableName, number>>;

export const defaultRetention: Retention = {
  events: 90,
  results: 365,
  power_operations: 365,
  allocations: 0,
  addresses: 365,
  audit: 365,
  console_logs: 14,
  sensor_readings: 30,
};
