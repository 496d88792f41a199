import { rackKind } from '../../api/rack/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { sleep, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { Caches } from '../caches.ts';

export interface RoundsOptions {
  /** What is collected, for the log. */
  what: string;
  /** The server's own token. Undefined: it has none, and racks are not asked. */
  token(): Promise<string | undefined>;
  caches: Pick<Caches, 'of' | 'synced'>;
  /** Whether this server is the one that tells history. */
  isOurs(): boolean;
  log: Logger;
  timers: Timers;
  /** Between two rounds, in milliseconds. */
  everyMs: number;
  /** Asks one rack. Never rejects. */
  ask(rack: string, adminUrl: string, token: string, signal: AbortSignal): Promise<void>;
  /** There is no such rack any more. */
  forget(isThere: (rack: string) => boolean): void;
}

/** What asks all racks, again and again. */
export interface Rounds {
  /** One round over all racks. Errors: what the token's reader threw. */
  collect(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

/** Asks all racks for what is in no resource, while this server is the one that tells history. */
export function createRounds(options: RoundsOptions): Rounds {
  const { what, caches, log, timers, everyMs, ask, forget } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<void> | undefined;

  async function collect(): Promise<void> {
    const token = options.isOurs() ? await options.token() : undefined;
    if (token === undefined) return;
    const racks = caches
      .of('racks')
      .list()
      .map((object) => rackKind.parse(object));
    const names = new Set(racks.map(({ metadata }) => metadata.name));
    forget((rack) => names.has(rack));
    await Promise.all(
      racks.map(async ({ metadata, status }) => {
        if (status?.adminUrl !== undefined) await ask(metadata.name, status.adminUrl, token, signal);
      }),
    );
  }

  async function run(): Promise<void> {
    await caches.synced();
    while (!signal.aborted) {
      await collect().catch((error: unknown) =>
        log.warn({ error: messageOf(error) }, `${what} were not collected`),
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
