import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { sleep, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import { returnLease, takeLease } from '../../store/lease.ts';
import { readOpenRows } from '../../store/reads/addresses.ts';
import { rowId } from '../../store/row-id.ts';
import type { HistoryStore } from '../../store/store.ts';
import type { HistoryRow } from '../../store/tables.ts';
import type { Caches } from '../caches.ts';
import type { Ingester } from './ingester.ts';
import { uidOf } from './rows/object.ts';
import { rowsOfAddress } from './rows/owned.ts';

export interface TurnOptions {
  store: Pick<HistoryStore, 'read' | 'record'>;
  ingester: Ingester;
  caches: Pick<Caches, 'of'>;
  /** Unique to this process. */
  holder: string;
  log: Logger;
  clock: Clock;
  timers: Timers;
  timings?: Partial<TurnTimings> | undefined;
}

export interface TurnTimings {
  /** Between two looks at the lease, in milliseconds. */
  everyMs: number;
  leaseSeconds: number;
  /** While the database cannot be asked, somebody else's lease is believed for so long. */
  believedMs: number;
  /** How long the database may take to be opened at the start. */
  patienceMs: number;
}

const defaultTimings: TurnTimings = {
  everyMs: 5_000,
  leaseSeconds: 30,
  believedMs: 60_000,
  patienceMs: 15_000,
};
/** What the one before has told up to its last renewal need not be told again, but for the last hour. */
const overlapMs = 3_600_000;
/** A row of somebody who is that old stands for an object that our copies have, or that is gone. */
const settledMs = 300_000;
const leaseName = 'ingest';

/**
 * Sees to it that one of all servers turns resources into rows. While the database cannot be asked, the one goes on, and so does a
 * server that knows of no other: told twice is no harm, told by nobody is.
 */
export function createTurn(options: TurnOptions) {
  const { store, ingester, caches, holder, log, clock, timers } = options;
  const timings = { ...defaultTimings, ...options.timings };
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let others: { at: number } | undefined;
  let isOurs = false;
  let isTidy = false;

  async function look(): Promise<void> {
    const order = { name: leaseName, holder, seconds: timings.leaseSeconds };
    const answer = await store.read((database) => takeLease(database, order));
    if (answer.kind === 'Others') {
      others = { at: timers.monotonic() };
      isOurs = false;
      isTidy = false;
      if (!ingester.isRunning()) return;
      ingester.stop();
      log.info({ holder: answer.holder }, 'another server tells history of resources');
      return;
    }
    others = undefined;
    if (!isOurs) {
      isOurs = true;
      const since = answer.before === undefined ? undefined : Date.parse(answer.before) - overlapMs;
      log.info({ since: answer.before }, 'this server tells history of resources');
      ingester.start(since);
    }
    if (isTidy) return;
    await closeGone();
    isTidy = true;
  }

  /** Rows without an end whose objects went while nobody looked. */
  async function closeGone(): Promise<void> {
    const now = new Date(clock.now()).toISOString();
    const before = new Date(clock.now() - settledMs).toISOString();
    const allocations = new Set(
      caches
        .of('allocations')
        .list()
        .map((object) => rowId('allocation', uidOf(object))),
    );
    const addresses = new Set(
      caches
        .of('ip-addresses')
        .list()
        .flatMap((object) => rowsOfAddress(object, undefined, now).map(({ row }) => row.id)),
    );
    const rows: HistoryRow[] = [];
    for (const { id, at, ...row } of await store.read((database) =>
      readOpenRows(database, 'allocations', before),
    )) {
      if (allocations.has(id)) continue;
      const [namespace, name] = [String(row.namespace), String(row.name)];
      rows.push({
        table: 'allocations',
        row: { id, at, namespace, name, version: Number(row.version), ended_at: now, released_at: now },
      });
    }
    for (const { id, at, ...row } of await store.read((database) =>
      readOpenRows(database, 'addresses', before),
    )) {
      if (addresses.has(id)) continue;
      const [address, subnet, purpose] = [String(row.address), String(row.subnet), String(row.purpose)];
      rows.push({
        table: 'addresses',
        row: { id, at, address, subnet, purpose, since: String(row.since), until: now },
      });
    }
    store.record(rows);
  }

  async function run(): Promise<void> {
    const begun = timers.monotonic();
    while (!stopping.signal.aborted) {
      try {
        await look();
      } catch (error) {
        const believed = others !== undefined && timers.monotonic() - others.at < timings.believedMs;
        const isStarting = timers.monotonic() - begun < timings.patienceMs;
        if (!believed && !isStarting && !ingester.isRunning()) {
          log.info({ error: messageOf(error) }, 'history is told of resources, and kept on disk');
          ingester.start(undefined);
        }
      }
      const isSettled = ingester.isRunning() || others !== undefined;
      await sleep(timers, isSettled ? timings.everyMs : timings.everyMs / 10, stopping.signal);
    }
  }

  return {
    start(): void {
      running ??= run();
    },
    isOurs: (): boolean => isOurs,
    /** Gives the turn to the next. */
    async stop(): Promise<void> {
      stopping.abort();
      await running;
      ingester.stop();
      if (isOurs)
        await store
          .read((database) => returnLease(database, { name: leaseName, holder }))
          .catch(() => undefined);
    },
  };
}
