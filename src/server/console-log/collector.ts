import { rowId } from '../../store/row-id.ts';
import type { HistoryStore } from '../../store/store.ts';
import type { HistoryRow } from '../../store/tables.ts';
import type { RackClient } from '../racks/rack-client.ts';
import { createRounds, type Rounds, type RoundsOptions } from '../racks/rounds.ts';
import { LinePage, type RackLine } from './rack-lines.ts';

export interface LineCollectorOptions
  extends Pick<RoundsOptions, 'token' | 'caches' | 'isOurs' | 'log' | 'timers'> {
  client: Pick<RackClient, 'ask'>;
  store: Pick<HistoryStore, 'record' | 'onDisk'>;
  /** Between two rounds, in milliseconds. Default: 10 s. */
  everyMs?: number;
}

/** A rack keeps the last megabytes alone, and loses them when it is started anew: it is asked often. */
const defaultEveryMs = 10_000;
const pageSize = 1_000;
/** Pages of one rack in one round: what is left comes in the next. */
const mostPages = 200;

/** Where one is with a rack. */
interface Place {
  instance: string | undefined;
  /** The sequence of the last line that was taken. */
  after: number;
  silent: boolean;
}

/** The row of a line; told again, it is the same row. */
export function rowOfLine(
  rack: string,
  instance: string,
  { sequence, machine, at, text }: RackLine,
): HistoryRow {
  return {
    table: 'console_logs',
    row: { at, id: rowId('console', rack, instance, sequence), machine, source: 'Serial', text },
  };
}

/** Fetches what machines said on their consoles from racks, and hands it to history. */
export function createLineCollector(options: LineCollectorOptions): Rounds {
  const { client, store, log, everyMs = defaultEveryMs } = options;
  const places = new Map<string, Place>();

  /** @returns where one is then, and whether there is more; undefined: the rack did not answer */
  async function askPage(
    rack: string,
    adminUrl: string,
    token: string,
    place: Place,
  ): Promise<{ place: Place; more: boolean } | undefined> {
    const { instance, after } = place;
    const query = new URLSearchParams({
      ...{ after: String(after), limit: String(pageSize) },
      ...(instance === undefined ? {} : { instance }),
    });
    const reply = await client.ask(adminUrl, '/console-log', { token, query, schema: LinePage });
    if (reply.kind !== 'Answered') {
      if (!place.silent) log.warn({ rack, why: reply.why }, 'a rack does not tell what machines said');
      places.set(rack, { ...place, silent: true });
      return undefined;
    }
    const { body } = reply;
    // Another run of the rack counts from one again.
    const from = instance === undefined || instance === body.instance ? after : 0;
    const [first, end] = [body.items[0]?.sequence, body.items.at(-1)?.sequence ?? from];
    if (instance !== undefined && first !== undefined && first > from + 1)
      log.warn({ rack, lines: first - from - 1 }, 'a rack gave up lines of consoles before they were taken');
    store.record(body.items.map((line) => rowOfLine(rack, body.instance, line)));
    const next = { instance: body.instance, after: end, silent: false };
    return { place: next, more: end < body.last && body.items.length > 0 };
  }

  async function askRack(rack: string, adminUrl: string, token: string, signal: AbortSignal): Promise<void> {
    for (let page = 0; page < mostPages && !signal.aborted; page += 1) {
      const before = places.get(rack) ?? { instance: undefined, after: 0, silent: false };
      const found = await askPage(rack, adminUrl, token, before);
      if (found === undefined) return;
      // While no disk takes them the rack is not asked for more: it keeps them better than the memory of this server.
      await settled(store.onDisk(), signal);
      places.set(rack, found.place);
      if (!found.more) return;
    }
  }

  return createRounds({
    ...options,
    ...{ what: 'lines of consoles', everyMs, ask: askRack },
    forget(isThere) {
      for (const rack of places.keys()) if (!isThere(rack)) places.delete(rack);
    },
  });
}

/** Resolves with the promise, or as soon as the signal is aborted. */
async function settled(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: either, resolve } = Promise.withResolvers<void>();
  const abort = (): void => resolve();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) resolve();
  promise.then(resolve, resolve);
  await either;
  signal.removeEventListener('abort', abort);
}
