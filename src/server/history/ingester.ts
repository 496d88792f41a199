import type { Clock } from '../../domain/clock.ts';
import type { Event } from '../../kube/core-resources.ts';
import type { Change, Informer } from '../../kube/informer.ts';
import { type KubeObject, keyOf } from '../../kube/resource.ts';
import type { Logger } from '../../log/logger.ts';
import { type HistoryRow, type TableName, tables } from '../../store/tables.ts';
import { rowsOfMachine } from './rows/machine.ts';
import { textOf } from './rows/object.ts';
import { endOfAddress, rowOfAllocation, rowsOfAddress } from './rows/owned.ts';
import { rowsOfAction, rowsOfEvent, rowsOfInventory } from './rows/rest.ts';

/** Turns changes of resources into rows of history. */
export interface Ingester {
  /**
   * Tells of all that is there, a slice at a time, and of every change. What is told again changes nothing.
   * @param since what is older was told by somebody else already; undefined: nobody knows
   */
  start(since: number | undefined): void;
  stop(): void;
  isRunning(): boolean;
}

export interface IngesterOptions {
  sourceOf(noun: string): Pick<Informer<KubeObject>, 'onChange' | 'get'>;
  events: Pick<Informer<Event>, 'onChange'>;
  record(rows: readonly HistoryRow[]): void;
  /** Resolves when all that was recorded needs no memory any more. */
  onDisk(): Promise<void>;
  log: Logger;
  clock: Clock;
}

/** Objects that are told of before anybody waits for the disk: inventories are large, and there is one for each machine. */
const slice = 100;

type Rows = (object: KubeObject, previous: KubeObject | undefined, now: string) => HistoryRow[];

/** One resource that is followed. */
interface Followed {
  /** Tells of so many of the objects that were there at the start; answers whether there may be more. */
  tellSome(count: number): boolean;
  end(): void;
}

export function createIngester({ sourceOf, events, record, onDisk, log, clock }: IngesterOptions): Ingester {
  let followed: Followed[] | undefined;

  function machineOf(kind: string, name: string): string | undefined {
    const noun = { MachineAction: 'machine-actions', IPAddress: 'ip-addresses' }[kind];
    const object = noun === undefined ? undefined : sourceOf(noun).get(name);
    return object && textOf(object, 'spec', 'machine');
  }

  function follow<T extends KubeObject>(
    source: Pick<Informer<T>, 'onChange'>,
    rowsOf: (object: T, previous: T | undefined, now: string) => HistoryRow[],
    endOf: (object: T, now: string) => HistoryRow[],
    since: number | undefined,
  ): Followed {
    /** What was there at the start and was not told yet, as it was then. */
    const untold = new Map<string, T>();
    const timeNow = (): string => new Date(clock.now()).toISOString();
    const tellOf = (object: T): void =>
      record(rowsOf(object, undefined, timeNow()).filter((row) => isDue(row, since)));

    function take({ type, object, previous }: Change<T>): void {
      const key = keyOf(object);
      const before = untold.get(key);
      untold.delete(key);
      if (before !== undefined) tellOf(before);
      const now = timeNow();
      if (type === 'Deleted') record(endOf(object, now));
      else if (type === 'Added') tellOf(object);
      else {
        const rows = rowsOf(object, previous, now);
        record(previous === undefined ? rows : newRows(rows, rowsOf(previous, undefined, now)));
      }
    }

    let isStart = true;
    const end = source.onChange((change) => {
      if (isStart) untold.set(keyOf(change.object), change.object);
      else take(change);
    });
    isStart = false;
    return {
      tellSome(count) {
        for (const [key, object] of [...untold].slice(0, count)) {
          untold.delete(key);
          try {
            tellOf(object);
          } catch (error) {
            log.error({ err: error, name: object.metadata.name }, 'history cannot be told of an object');
          }
        }
        return untold.size > 0;
      },
      end,
    };
  }

  /** Ends when all is told, or when others are followed, or none. */
  async function tellAll(those: readonly Followed[]): Promise<void> {
    for (const each of those) {
      while (followed === those && each.tellSome(slice)) await onDisk();
    }
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
      if (followed !== undefined) return;
      followed = [
        follow(sourceOf('machines'), rowsOfMachine, rowsOfMachine, since),
        follow(sourceOf('machine-actions'), rowsOfAction, rowsOfAction, since),
        follow(sourceOf('machine-inventories'), rowsOfInventory, nothing, since),
        follow(sourceOf('allocations'), allocationRows, endOfAllocation, since),
        follow(sourceOf('ip-addresses'), rowsOfAddress, endOfAddress, since),
        follow(events, (event) => rowsOfEvent(event, machineOf), nothing, since),
      ];
      void tellAll(followed);
    },
    stop() {
      for (const { end } of followed ?? []) end();
      followed = undefined;
    },
    isRunning: () => followed !== undefined,
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
