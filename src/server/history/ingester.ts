import type { Clock } from '../../domain/clock.ts';
import type { Event } from '../../kube/core-resources.ts';
import type { Change, Informer } from '../../kube/informer.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { type HistoryRow, type TableName, tables } from '../../store/tables.ts';
import type { Caches } from '../caches.ts';
import { rowsOfMachine } from './rows/machine.ts';
import { textOf } from './rows/object.ts';
import { endOfAddress, rowOfAllocation, rowsOfAddress } from './rows/owned.ts';
import { rowsOfAction, rowsOfEvent, rowsOfInventory } from './rows/rest.ts';

/** Turns changes of resources into rows of history. */
export interface Ingester {
  /**
   * Tells of all that is there, then of every change. What is told again changes nothing.
   * @param since what is older was told by somebody else already; undefined: nobody knows
   */
  start(since: number | undefined): void;
  stop(): void;
  isRunning(): boolean;
}

export interface IngesterOptions {
  caches: Pick<Caches, 'of'>;
  events: Pick<Informer<Event>, 'onChange'>;
  record(rows: readonly HistoryRow[]): void;
  clock: Clock;
}

type Rows = (object: KubeObject, previous: KubeObject | undefined, now: string) => HistoryRow[];

export function createIngester({ caches, events, record, clock }: IngesterOptions): Ingester {
  let ends: (() => void)[] | undefined;

  function machineOf(kind: string, name: string): string | undefined {
    const noun = { MachineAction: 'machine-actions', IPAddress: 'ip-addresses' }[kind];
    const object = noun === undefined ? undefined : caches.of(noun).get(name);
    return object && textOf(object, 'spec', 'machine');
  }

  function follow<T extends KubeObject>(
    source: Pick<Informer<T>, 'onChange'>,
    rowsOf: (object: T, previous: T | undefined, now: string) => HistoryRow[],
    endOf: (object: T, now: string) => HistoryRow[],
    since: number | undefined,
  ): () => void {
    return source.onChange((change: Change<T>) => {
      const { type, object, previous } = change;
      const now = new Date(clock.now()).toISOString();
      const rows = type === 'Deleted' ? endOf(object, now) : rowsOf(object, previous, now);
      if (type === 'Modified' && previous !== undefined) {
        record(newRows(rows, rowsOf(previous, undefined, now)));
      } else if (type === 'Added') record(rows.filter((row) => isDue(row, since)));
      else record(rows);
    });
  }

  const nothing = (): HistoryRow[] => [];
  const allocationRows: Rows = (object) => {
    const row = rowOfAllocation(object);
    return row === undefined ? [] : [{ table: 'allocations', row }];
  };
  const endOfAllocation = (object: KubeObject, now: string): HistoryRow[] => {
    const row = rowOfAllocation(object, now);
    return row === undefined ? [] : [{ table: 'allocations', row }];
  };

  return {
    start(since) {
      ends ??= [
        follow(caches.of('machines'), rowsOfMachine, rowsOfMachine, since),
        follow(caches.of('machine-actions'), rowsOfAction, rowsOfAction, since),
        follow(caches.of('machine-inventories'), rowsOfInventory, nothing, since),
        follow(caches.of('allocations'), allocationRows, endOfAllocation, since),
        follow(caches.of('ip-addresses'), rowsOfAddress, endOfAddress, since),
        follow(events, (event) => rowsOfEvent(event, machineOf), nothing, since),
      ];
    },
    stop() {
      for (const end of ends ?? []) end();
      ends = undefined;
    },
    isRunning: () => ends !== undefined,
  };
}

/** What has come to be since the version before: of rows that are told once, by their ids; of others, as they are. */
function newRows(rows: readonly HistoryRow[], before: readonly HistoryRow[]): HistoryRow[] {
  const keyOf = (told: HistoryRow): string => (mayChange(told.table) ? JSON.stringify(told) : told.row.id);
  const known = new Set(before.map(keyOf));
  return rows.filter((told) => !known.has(keyOf(told)));
}

function mayChange(name: TableName): boolean {
  return 'merge' in tables[name];
}

/** Rows without an end stand for what is there now, however old they are. */
function isDue({ table, row }: HistoryRow, since: number | undefined): boolean {
  if (since === undefined || 'openUntil' in tables[table]) return true;
  const last = 'last_at' in row ? row.last_at : undefined;
  return Math.max(Date.parse(row.at), Date.parse(last ?? row.at)) >= since;
}
