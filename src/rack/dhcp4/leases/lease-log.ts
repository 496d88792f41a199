import { CodedError, messageOf } from '../../../errors/coded-error.ts';
import { systemTimers, type Timers } from '../../../kube/timers.ts';
import type { Logger } from '../../../log/logger.ts';
import type { LogDirectory, LogFile } from './log-directory.ts';
import { encodeLine, type LogRecord } from './record.ts';
import { logRecovery, readLog, recover } from './recover.ts';

/** Names of the files in the log's directory. */
export const logName = 'leases.log';
export const newLogName = 'leases.log.new';

/** What the log is made of. */
export interface LeaseLogOptions {
  directory: LogDirectory;
  log: Logger;
  /** What is worth keeping, asked for when the file is written anew. */
  survivors(): Iterable<LogRecord>;
  /** The lease clock, in milliseconds. */
  now(): number;
  /** Bytes from which on the file is written anew when most of it is history. Default 4 MiB. */
  compactAbove?: number | undefined;
  timers?: Timers | undefined;
}

/** An append-only file of records. */
export interface LeaseLog {
  /** Whether something that had been promised may be missing: records were damaged, or the file could not be read. */
  readonly incomplete: boolean;
  readonly lastMark: number | undefined;
  /** Resolves when the record is on disk. Rejects with `LeaseNotStored`: then nothing may be promised to the client. */
  append(record: LogRecord): Promise<void>;
  /** Why nothing can be stored at present; undefined when it can. */
  problem(): string | undefined;
  close(): Promise<void>;
}

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/** Records tell the time at least this often while there are any. */
const markEveryMs = 10_000;
/** Between two attempts to write a new file when the disk has failed. */
const retryMs = 1_000;

/** Opens the log and hands every whole record to `replay`, oldest first. A disk that fails already is a `problem()`, no error. */
export async function openLeaseLog(
  options: LeaseLogOptions,
  replay: (record: LogRecord) => void,
): Promise<LeaseLog> {
  const { directory, log } = options;
  await directory.make();
  const { bytes, readable } = await readLog(directory, logName, log);
  const found = recover(bytes, replay);
  logRecovery(log, directory.path, bytes.length, found);
  let kept = 0;
  for (const _record of options.survivors()) kept += 1;
  const start = {
    length: found.length,
    compacted: Math.round((found.length * kept) / Math.max(1, found.records)),
    incomplete: !readable || found.damaged > 0,
    lastMark: found.lastMark,
  };
  if (!readable) {
    await directory.rename(logName, `${logName}.unreadable`).catch(() => {});
    return createWriter(options, { ...start, file: undefined, problem: 'the log could not be read' });
  }
  try {
    const file = await directory.open(logName, false);
    await file.truncate(found.length);
    await file.datasync();
    await directory.sync();
    return createWriter(options, { ...start, file, problem: undefined });
  } catch (error) {
    return createWriter(options, { ...start, file: undefined, problem: messageOf(error) });
  }
}

interface WriterStart {
  file: LogFile | undefined;
  length: number;
  /** What the file would have, written anew. */
  compacted: number;
  incomplete: boolean;
  lastMark: number | undefined;
  problem: string | undefined;
}

function createWriter(options: LeaseLogOptions, start: WriterStart): LeaseLog {
  const { directory, log, survivors, now, timers = systemTimers } = options;
  const { compactAbove = 4 * 1024 * 1024 } = options;
  /** `compacted`: the size after the last rewriting; the file may grow to four times of it. */
  let { file, length, problem, compacted } = start;
  let damaged = start.incomplete;
  let markedAt = Number.NEGATIVE_INFINITY;
  let closed = false;
  let lines: string[] = [];
  let waiters: Waiter[] = [];
  let running: Promise<void> | undefined;
  let cancelRetry: (() => void) | undefined;

  /** Everything that came in while the last group was written goes to disk together, with one datasync. */
  async function drain(): Promise<void> {
    while (waiters.length > 0) {
      const group = waiters;
      const text = lines.join('');
      waiters = [];
      lines = [];
      try {
        await store(text);
        for (const waiter of group) waiter.resolve();
      } catch (error) {
        fail(error);
        for (const waiter of group) waiter.reject(notStored(messageOf(error), error));
      }
    }
    running = undefined;
  }

  function fail(error: unknown): void {
    if (problem === undefined) {
      log.error(
        { directory: directory.path, error: messageOf(error) },
        'cannot store leases: no new ones are acknowledged',
      );
    }
    problem = messageOf(error);
    retryLater();
  }

  /** After a failed write or sync nothing is known about the file: only a new one, written whole, can be trusted. */
  function retryLater(): void {
    if (closed || cancelRetry !== undefined) return;
    cancelRetry = timers.after(retryMs, () => {
      cancelRetry = undefined;
      if (running !== undefined) {
        retryLater();
        return;
      }
      running = compact()
        .then(() => log.info({ directory: directory.path }, 'leases can be stored again'), fail)
        .then(drain);
    });
  }

  async function store(text: string): Promise<void> {
    if (problem !== undefined || file === undefined) throw new Error(problem ?? 'there is no file');
    if (damaged || length > Math.max(compactAbove, 4 * compacted)) await compact();
    const at = now();
    const marked = at - markedAt >= markEveryMs;
    const bytes = Buffer.from(marked ? (encodeLine({ kind: 'Mark', at }) ?? '') + text : text);
    await file.write(bytes, length);
    await file.datasync();
    length += bytes.length;
    if (marked) markedAt = at;
  }

  async function compact(): Promise<void> {
    const chunks = [encodeLine({ kind: 'Mark', at: now() }) ?? ''];
    for (const record of survivors()) chunks.push(encodeLine(record) ?? '');
    const bytes = Buffer.from(chunks.join(''));
    let next: LogFile | undefined;
    try {
      next = await directory.open(newLogName, true);
      await next.write(bytes, 0);
      await next.datasync();
      await directory.rename(newLogName, logName);
      await directory.sync();
    } catch (error) {
      await next?.close().catch(() => {});
      // Half a file must not hold the room that the next attempt needs.
      await directory.remove(newLogName).catch(() => {});
      throw error;
    }
    await file?.close().catch(() => {});
    log.info({ directory: directory.path, before: length, after: bytes.length }, 'wrote the lease log anew');
    file = next;
    length = bytes.length;
    compacted = length;
    damaged = false;
    problem = undefined;
  }

  if (problem !== undefined) {
    log.error(
      { directory: directory.path, error: problem },
      'cannot store leases: no new ones are acknowledged',
    );
    retryLater();
  }

  return {
    incomplete: start.incomplete,
    lastMark: start.lastMark,
    problem: () => problem,
    append(record) {
      const line = encodeLine(record);
      if (line === undefined) return Promise.resolve();
      if (closed) return Promise.reject(notStored('the lease log is closed'));
      if (problem !== undefined) return Promise.reject(notStored(problem));
      return new Promise((resolve, reject) => {
        lines.push(line);
        waiters.push({ resolve, reject });
        running ??= drain();
      });
    },
    async close() {
      closed = true;
      cancelRetry?.();
      await running;
      await file?.close();
    },
  };
}

function notStored(why: string, cause?: unknown): CodedError {
  return new CodedError('LeaseNotStored', `cannot store leases: ${why}`, { cause, retryable: true });
}
