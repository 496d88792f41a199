import { rackKind } from '../../api/rack/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { sleep, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import { rowId } from '../../store/row-id.ts';
import type { HistoryRow } from '../../store/tables.ts';
import type { Caches } from '../caches.ts';
import type { RackClient } from '../racks/rack-client.ts';
import { type MachineSensors, SensorPage } from './rack-sensors.ts';

export interface SensorCollectorOptions {
  client: Pick<RackClient, 'ask'>;
  /** The server's own token. Undefined: it has none, and racks are not asked. */
  token(): Promise<string | undefined>;
  caches: Pick<Caches, 'of' | 'synced'>;
  record(rows: readonly HistoryRow[]): void;
  /** Whether this server is the one that tells history. */
  isOurs(): boolean;
  log: Logger;
  timers: Timers;
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
export function createSensorCollector(options: SensorCollectorOptions) {
  const { client, caches, record, log, timers, everyMs = defaultEveryMs } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  /** By rack: when the newest reading that it told of was read, and whether it was of use last time. */
  const told = new Map<string, { since: string | undefined; silent: boolean }>();
  let running: Promise<void> | undefined;

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

  /** One round over all racks. Errors: what the token's reader threw. */
  async function collect(): Promise<void> {
    const token = options.isOurs() ? await options.token() : undefined;
    if (token === undefined) return;
    const racks = caches
      .of('racks')
      .list()
      .map((object) => rackKind.parse(object));
    for (const name of told.keys())
      if (!racks.some(({ metadata }) => metadata.name === name)) told.delete(name);
    await Promise.all(
      racks.map(async ({ metadata, status }) => {
        if (status?.adminUrl !== undefined) await askRack(metadata.name, status.adminUrl, token);
      }),
    );
  }

  async function run(): Promise<void> {
    await caches.synced();
    while (!signal.aborted) {
      await collect().catch((error: unknown) =>
        log.warn({ error: messageOf(error) }, 'sensors were not collected'),
      );
      // Whose turn it is may not be settled yet.
      await sleep(timers, options.isOurs() ? everyMs : everyMs / 10, signal);
    }
  }

  return {
    collect,
    start(): void {
      running ??= run().catch(() => undefined);
    },
    async stop(): Promise<void> {
      stopping.abort();
      await running;
    },
  };
}
