import type { Clock } from '../domain/clock.ts';
import { messageOf } from '../errors/coded-error.ts';
import type { Logger } from '../log/logger.ts';
import type { Database } from './database.ts';
import { isStoreError, storeError } from './errors.ts';
import { createInserter, type Inserter } from './insert.ts';
import { maintain } from './maintenance.ts';
import { migrate, readMigrations } from './migrate.ts';
import { type Later, pause } from './ports.ts';
import type { Spool } from './spool/spool.ts';
import type { HistoryRow, Retention } from './tables.ts';
import { createWriter, type Writer, type WriterFigures, type WriterLimits } from './writer.ts';

/** History as a whole: rows go in whatever the database does, and are read while it is there. */
export interface HistoryStore {
  /** Returns at once, and never throws. */
  record(rows: readonly HistoryRow[]): void;
  /** Runs a reader. Errors: Unavailable, Timeout. */
  read<R>(reader: (database: Database) => Promise<R>): Promise<R>;
  /** Resolves when all that was recorded up to now is on disk, or is given up. */
  onDisk(): Promise<void>;
  /** Resolves when all that was recorded is in the database. */
  stored(): Promise<void>;
  /** Whether the database is there, and its schema up to date. */
  isReady(): boolean;
  figures(): WriterFigures;
  start(): void;
  stop(): Promise<void>;
}

export interface HistoryStoreOptions {
  /** Opens the database; tried again until it succeeds. */
  open(): Promise<Database>;
  spool: Spool;
  retention: Retention;
  log: Logger;
  clock: Clock;
  later: Later;
  limits?: Partial<WriterLimits> | undefined;
  /** Between two looks at partitions, in milliseconds. Default: an hour. */
  maintenanceMs?: number | undefined;
}

const backoffMs = 500;
const maxBackoffMs = 15_000;

export function createHistoryStore(options: HistoryStoreOptions): HistoryStore {
  const { log, clock, later, retention, maintenanceMs = 3_600_000 } = options;
  const stopping = new AbortController();
  let opened: { database: Database; inserter: Inserter } | undefined;
  let running: Promise<void> | undefined;
  /** Resolved when the database has to be opened anew. */
  let broken = Promise.withResolvers<void>();
  const abortion = Promise.withResolvers<void>();
  stopping.signal.addEventListener('abort', () => abortion.resolve(), { once: true });

  function present(): { database: Database; inserter: Inserter } {
    if (opened === undefined) throw storeError('Unavailable', 'history');
    return opened;
  }

  /** PostgreSQL's connections mend themselves; PGlite that ended has to be started again. */
  function note(database: Database, error: unknown): void {
    if (database.kind === 'PGlite' && isStoreError(error, 'Unavailable')) broken.resolve();
  }

  async function use<R>(work: (there: { database: Database; inserter: Inserter }) => Promise<R>): Promise<R> {
    const there = present();
    try {
      return await work(there);
    } catch (error) {
      note(there.database, error);
      throw error;
    }
  }

  const writer: Writer = createWriter({
    spool: options.spool,
    insert: (rows, now) => use(({ inserter }) => inserter.insert(rows, now)),
    log,
    clock,
    later,
    limits: options.limits,
  });

  async function look(database: Database): Promise<void> {
    const dropped = await maintain(database, { now: clock.now(), retention });
    if (dropped.length > 0) log.info({ dropped }, 'history that is past its time was dropped');
  }

  /** Opens the database, and looks after it until it breaks or all ends. */
  async function serve(onOpen: () => void): Promise<void> {
    broken = Promise.withResolvers<void>();
    const database = await options.open();
    try {
      const applied = await migrate(database, await readMigrations());
      await look(database);
      opened = { database, inserter: createInserter(database, retention) };
      onOpen();
      log.info({ database: database.kind, migrations: applied }, 'history is open');
      while (!stopping.signal.aborted) {
        const over = await Promise.race([
          pause(later, maintenanceMs, stopping.signal).then(() => false),
          broken.promise.then(() => true),
        ]);
        if (over) throw storeError('Unavailable', 'the database');
        if (stopping.signal.aborted) return;
        await look(database).catch((error: unknown) => {
          log.warn({ err: error }, 'partitions of history could not be looked after');
        });
      }
    } finally {
      opened = undefined;
      await database.close().catch((error: unknown) => log.warn({ err: error }, 'closing history failed'));
    }
  }

  async function run(): Promise<void> {
    let waitMs = backoffMs;
    while (!stopping.signal.aborted) {
      try {
        await serve(() => {
          waitMs = backoffMs;
        });
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'the database of history cannot be used');
      }
      await pause(later, waitMs, stopping.signal);
      waitMs = Math.min(waitMs * 2, maxBackoffMs);
    }
  }

  return {
    record: (rows) => writer.record(rows),
    read: (reader) => use(({ database }) => reader(database)),
    onDisk: () => writer.onDisk(),
    stored: () => writer.stored(),
    isReady: () => opened !== undefined,
    figures: () => writer.figures(),
    start() {
      running ??= run();
      writer.start();
    },
    async stop() {
      // The writer first: what it is about to insert arrives.
      await writer.stop();
      stopping.abort();
      await running;
    },
  };
}
