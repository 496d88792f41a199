import { join } from 'node:path';
import type { Clock } from '../domain/clock.ts';
import type { Logger } from '../log/logger.ts';
import { lockDirectory } from './directory-lock.ts';
import { createPgDatabase } from './pg.ts';
import { openPglite } from './pglite/pglite.ts';
import type { Later } from './ports.ts';
import { openSpool } from './spool/spool.ts';
import { createHistoryStore, type HistoryStore } from './store.ts';
import type { Retention } from './tables.ts';

export interface HistoryOptions {
  /** Of this process alone: the spool, and the embedded database where that is used. */
  directory: string;
  /** Of PostgreSQL; undefined: PGlite, embedded. */
  databaseUrl?: string | undefined;
  retention: Retention;
  /** What may wait on disk for the database. */
  spoolBytes: number;
  log: Logger;
  clock: Clock;
  later: Later;
}

/** History with its files; nothing is written to the database before it is started. Errors: InUse, SpoolFailed, and the kernel's. */
export async function openHistory(options: HistoryOptions): Promise<HistoryStore> {
  const { directory, databaseUrl, retention, log, clock, later } = options;
  const lock = await lockDirectory(directory);
  try {
    const spool = await openSpool({ directory: join(directory, 'spool'), maxBytes: options.spoolBytes, log });
    const store = createHistoryStore({
      open: async () =>
        databaseUrl === undefined
          ? openPglite({ directory: join(directory, 'pglite') })
          : createPgDatabase({
              url: databaseUrl,
              onIdleError: (error) => log.warn({ error: error.message }, 'a connection of history broke'),
            }),
      ...{ spool, retention, log, clock, later },
    });
    return {
      ...store,
      async stop() {
        await store.stop();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
