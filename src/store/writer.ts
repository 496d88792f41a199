import type { Clock } from '../domain/clock.ts';
import { messageOf } from '../errors/coded-error.ts';
import type { Logger } from '../log/logger.ts';
import { clean } from './clean.ts';
import { isStoreError } from './errors.ts';
import type { Inserted } from './insert.ts';
import { type Later, pause } from './ports.ts';
import type { Place, Spool } from './spool/spool.ts';
import { HistoryRow } from './tables.ts';

/** Takes rows and sees to it that they arrive: first on disk, then in the database, in their order. */
export interface Writer {
  /** Returns at once, and never throws. */
  record(rows: readonly HistoryRow[]): void;
  /** Resolves when all that was recorded up to now is on disk, or is given up. */
  onDisk(): Promise<void>;
  /** Resolves when all that was recorded is in the database. */
  stored(): Promise<void>;
  figures(): WriterFigures;
  start(): void;
  /** What was recorded is on disk then, where the disk takes it. */
  stop(): Promise<void>;
}

export interface WriterFigures {
  /** Rows in memory, on their way to the disk. */
  pending: number;
  /** Bytes on disk, on their way to the database. */
  spooledBytes: number;
  /** Rows that the database has taken. */
  stored: number;
  /** Rows that neither memory nor disk had a place for. */
  lost: number;
  /** Rows that the database refused. */
  refused: number;
  /** Why rows do not arrive now; undefined when they do. */
  trouble: string | undefined;
}

export interface WriterOptions {
  spool: Spool;
  /** Errors: a StoreError; what is retryable, or Failed, is tried again for ever. */
  insert(rows: readonly HistoryRow[], now: number): Promise<Inserted>;
  log: Logger;
  clock: Clock;
  later: Later;
  limits?: Partial<WriterLimits> | undefined;
}

export interface WriterLimits {
  /** Rows in memory while the disk takes none. */
  pendingRows: number;
  /** Rows in one frame of the spool, and bytes, but at least one row. */
  frameRows: number;
  frameBytes: number;
  /** Bytes of the spool that are inserted at once. */
  batchBytes: number;
  backoffMs: number;
  maxBackoffMs: number;
}

const defaultLimits: WriterLimits = {
  pendingRows: 50_000,
  frameRows: 500,
  frameBytes: 4 * 1024 * 1024,
  batchBytes: 1024 * 1024,
  backoffMs: 500,
  maxBackoffMs: 15_000,
};

export function createWriter(options: WriterOptions): Writer {
  const { spool, log, clock, later } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const stopping = new AbortController();
  const figures = { stored: 0, lost: 0, refused: 0 };
  /** Rows that were taken, and those of them that are on disk or given up. */
  let taken = 0;
  let settled = 0;
  let waiting: { rows: number; done(): void }[] = [];
  let pending: HistoryRow[] = [];
  let flushing: Promise<void> | undefined;
  let trouble: string | undefined;
  let wake = Promise.withResolvers<void>();
  let pumping: Promise<void> | undefined;

  function lose(count: number, why: unknown): void {
    // The first, and then every time that the number has another digit.
    const before = String(figures.lost).length;
    const first = figures.lost === 0;
    figures.lost += count;
    if (first || String(figures.lost).length > before) {
      log.error({ lost: figures.lost, error: messageOf(why) }, 'history has no place left: rows are lost');
    }
  }

  function settle(rows: number): void {
    pending = pending.slice(rows);
    settled += rows;
    const ready = waiting.filter((waiter) => waiter.rows <= settled);
    waiting = waiting.filter((waiter) => waiter.rows > settled);
    for (const { done } of ready) done();
  }

  async function flush(): Promise<void> {
    let waitMs = limits.backoffMs;
    while (pending.length > 0) {
      const { payload, rows } = frameOf(pending, limits);
      try {
        await spool.append(payload);
        settle(rows);
        waitMs = limits.backoffMs;
        wake.resolve();
      } catch (error) {
        trouble = messageOf(error);
        if (stopping.signal.aborted) {
          lose(pending.length, error);
          settle(pending.length);
          return;
        }
        log.warn({ err: error, rows: pending.length }, 'history cannot be spooled and waits in memory');
        await pause(later, waitMs, stopping.signal);
        waitMs = Math.min(waitMs * 2, limits.maxBackoffMs);
      }
    }
  }

  function startFlush(): void {
    if (flushing !== undefined || pending.length === 0) return;
    flushing = flush().finally(() => {
      flushing = undefined;
      startFlush();
    });
  }

  /** Inserts what the spool has next; answers whether there was something. */
  async function insertNext(): Promise<boolean> {
    const batch = await spool.read(limits.batchBytes);
    if (batch === undefined) return false;
    const rows = batch.payloads.flatMap((payload) => rowsOf(payload));
    const { stored, refused } = await options.insert(rows, clock.now());
    figures.stored += stored;
    figures.refused += refused.length;
    await acknowledge(batch.end);
    for (const { row, error } of refused) {
      log.error({ table: row.table, id: row.row.id, err: error }, 'the database refuses a row of history');
    }
    return true;
  }

  async function acknowledge(end: Place): Promise<void> {
    try {
      await spool.acknowledge(end);
    } catch (error) {
      // The rows are in the database; that they are sent again after a restart does no harm.
      log.warn({ err: error }, 'the spool cannot say how far it is');
    }
  }

  function rowsOf(payload: Buffer): HistoryRow[] {
    const parsed = jsonOf(payload);
    return (Array.isArray(parsed) ? parsed : [parsed]).flatMap((raw: unknown) => {
      const row = HistoryRow.safeParse(raw);
      if (row.success) return [row.data];
      figures.refused += 1;
      log.error({ err: row.error }, 'a row of the spool is of another version');
      return [];
    });
  }

  function noteTrouble(error: unknown): void {
    if (trouble === undefined) {
      const level = isStoreError(error, 'Unavailable', 'Timeout') ? 'warn' : 'error';
      log[level]({ err: error }, 'history waits on disk for the database');
    }
    trouble = messageOf(error);
  }

  function noteHealth(): void {
    if (trouble === undefined || pending.length > 0) return;
    log.info({}, 'history arrives in the database again');
    trouble = undefined;
  }

  async function pump(): Promise<void> {
    let waitMs = limits.backoffMs;
    while (!stopping.signal.aborted) {
      try {
        wake = Promise.withResolvers<void>();
        const moved = await insertNext();
        noteHealth();
        waitMs = limits.backoffMs;
        if (!moved) await Promise.race([wake.promise, aborted]);
      } catch (error) {
        noteTrouble(error);
        await pause(later, waitMs, stopping.signal);
        waitMs = Math.min(waitMs * 2, limits.maxBackoffMs);
      }
    }
  }

  const abortion = Promise.withResolvers<void>();
  const aborted = abortion.promise;
  stopping.signal.addEventListener('abort', () => abortion.resolve(), { once: true });

  return {
    record(rows) {
      if (rows.length === 0) return;
      const room = limits.pendingRows - pending.length;
      const fitting = stopping.signal.aborted ? 0 : Math.max(0, Math.min(room, rows.length));
      if (fitting < rows.length)
        lose(rows.length - fitting, fitting === 0 ? 'it is ending or full' : 'it is full');
      if (fitting === 0) return;
      pending.push(...rows.slice(0, fitting));
      taken += fitting;
      startFlush();
    },
    onDisk() {
      if (settled === taken) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ rows: taken, done: resolve });
      return promise;
    },
    async stored() {
      while (pending.length > 0 || flushing !== undefined || spool.waiting() > 0) {
        if (stopping.signal.aborted) return;
        wake.resolve();
        await pause(later, 10, stopping.signal);
      }
    },
    figures: () => ({
      pending: pending.length,
      spooledBytes: spool.waiting(),
      ...figures,
      trouble,
    }),
    start() {
      pumping ??= pump();
    },
    async stop() {
      stopping.abort();
      await pumping;
      while (flushing !== undefined) await flushing;
      await spool.close();
    },
  };
}

/** The first rows as one frame: all that fit, but at least one. */
function frameOf(
  pending: readonly HistoryRow[],
  { frameRows, frameBytes }: Pick<WriterLimits, 'frameRows' | 'frameBytes'>,
): { payload: Buffer; rows: number } {
  const texts: string[] = [];
  let length = 0;
  for (const row of pending) {
    const text = JSON.stringify(clean(row));
    if (texts.length > 0 && (texts.length === frameRows || length + text.length > frameBytes)) break;
    texts.push(text);
    length += text.length;
  }
  return { payload: Buffer.from(`[${texts.join(',')}]`), rows: texts.length };
}

/** Undefined: it is no JSON. */
function jsonOf(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
