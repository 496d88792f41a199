import { rowId } from '../../store/row-id.ts';
import type { HistoryRow } from '../../store/tables.ts';
import type { RackClient } from '../racks/rack-client.ts';
import { createRounds, type Rounds, type RoundsOptions } from '../racks/rounds.ts';
import { type MachineSensors, SensorPage } from './rack-sensors.ts';

export interface SensorCollectorOptions
  extends Pick<RoundsOptions, 'token' | 'caches' | 'isOurs' | 'log' | 'timers'> {
  client: Pick<RackClient, 'ask'>;
  record(rows: readonly HistoryRow[]): void;
  /** Between two rounds, in milliseconds. Default: a minute. */
  everyMs?: number;
}

/** A rack reads each of its BMCs every five minutes; so often each rack is asked for what is new. */
const defaultEveryMs = 60_000;
/** Pages of one rack in one round: 20 000 machines. */
const mostPages = 100;

/** The row of what was read of a machine; told again, it is the same row. */
export function rowOfSensors(rack: string, { machine, at, sensors }: MachineSensors): HistoryRow {
  return {
    table: 'sensor_readings',
    row: {
      ...{ at, id: rowId('sensors', machine, at), machine, rack },
      readings: sensors.map(({ name, kind, unit, value }) => [name, kind, unit, value]),
    },
  };
}

function queryOf(since: string | undefined, after: string | undefined): URLSearchParams {
  return new URLSearchParams({
    limit: '200',
    ...(since === undefined ? {} : { since }),
    ...(after === undefined ? {} : { after }),
  });
}

/** Fetches what racks read of sensors and hands it to history: readings are in no resource, since they change all the time. */
export function createSensorCollector(options: SensorCollectorOptions): Rounds {
  const { client, record, log, everyMs = defaultEveryMs } = options;
  /** By rack: when the newest reading that it told of was read, and whether it was of use last time. */
  const told = new Map<string, { since: string | undefined; silent: boolean }>();

  async function askRack(rack: string, adminUrl: string, token: string): Promise<void> {
    const before = told.get(rack) ?? { since: undefined, silent: false };
    let newest = before.since;
    let after: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const query = queryOf(before.since, after);
      const reply = await client.ask(adminUrl, '/sensors', { token, query, schema: SensorPage });
      if (reply.kind !== 'Answered') {
        if (!before.silent) log.warn({ rack, why: reply.why }, 'a rack does not tell of its sensors');
        told.set(rack, { since: before.since, silent: true });
        return;
      }
      const { items, next } = reply.body;
      // What was read at the very moment of the last round comes again, and is the same row.
      record(items.filter(({ sensors }) => sensors.length > 0).map((item) => rowOfSensors(rack, item)));
      newest = [newest ?? '', ...items.map(({ at }) => at)].sort().at(-1) || undefined;
      after = next;
      if (after === undefined) break;
    }
    told.set(rack, { since: newest, silent: false });
  }

  return createRounds({
    ...options,
    ...{ what: 'sensors', everyMs, ask: askRack },
    forget(isThere) {
      for (const rack of told.keys()) if (!isThere(rack)) told.delete(rack);
    },
  });
}
