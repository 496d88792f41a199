import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, messageOf } from '../../../errors/coded-error.ts';
import type { Logger } from '../../../log/logger.ts';
import type { LeaseEntry } from './lease.ts';
import { decodeRecord, encodeRecord } from './record.ts';

const logName = 'leases.log';
const newName = 'leases.log.new';

/** What the log is made of. */
export interface LeaseLogOptions {
  directory: string;
  log: Logger;
  /** What is worth keeping, asked for when the file is written anew. */
  survivors(): Iterable<LeaseEntry>;
  /** Bytes from which on the file is written anew when most of it is history. Default 4 MiB. */
  compactAbove?: number;
}

/** An append-only file of leases. */
export interface LeaseLog {
  /** Resolves when the record is on disk. Rejects with `LeaseNotStored`: then nothing may be promised to the client. */
  append(entry: LeaseEntry): Promise<void>;
  close(): Promise<void>;
}

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Opens the log and hands every whole record to `replay`, oldest first. A tail that was cut by a crash is cut off; a
 * damaged record elsewhere is reported and skipped.
 */
export async function openLeaseLog(
  options: LeaseLogOptions,
  replay: (entry: LeaseEntry) => void,
): Promise<LeaseLog> {
  await mkdir(options.directory, { recursive: true });
  const path = join(options.directory, logName);
  const { length, records } = await recover(path, options.log, replay);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  await file.truncate(length);
  await file.datasync();
  await syncDirectory(options.directory);
  return createWriter(options, { file, length, records });
}

async function recover(
  path: string,
  log: Logger,
  replay: (entry: LeaseEntry) => void,
): Promise<{ length: number; records: number }> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  let good = 0;
  let records = 0;
  let damaged = 0;
  let at = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, at)) {
    try {
      replay(decodeRecord(bytes.toString('utf8', at, end)));
      records += 1;
      good = end + 1;
    } catch {
      damaged += 1;
    }
    at = end + 1;
  }
  if (good < bytes.length)
    log.warn({ path, bytes: bytes.length - good }, 'cut an unfinished tail off the lease log');
  if (damaged > 0) log.error({ path, damaged }, 'skipped damaged records of the lease log');
  return { length: good, records };
}

function createWriter(
  options: LeaseLogOptions,
  start: { file: FileHandle; length: number; records: number },
): LeaseLog {
  const { directory, log, survivors, compactAbove = 4 * 1024 * 1024 } = options;
  let { file, length } = start;
  /** The size after the last compaction: the file may grow to four times of it. */
  let compacted = 0;
  let broken = false;
  let closed = false;
  let lines: string[] = [];
  let waiters: Waiter[] = [];
  let running: Promise<void> | undefined;

  /** Everything that came in while the last group was written goes to disk together, with one fdatasync. */
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
        broken = true;
        log.error(
          { directory, error: messageOf(error) },
          'cannot store leases: no new ones are acknowledged',
        );
        const failure = new CodedError('LeaseNotStored', `cannot store leases: ${messageOf(error)}`, {
          cause: error,
          retryable: true,
        });
        for (const waiter of group) waiter.reject(failure);
      }
    }
    running = undefined;
  }

  async function store(text: string): Promise<void> {
    // After a failed write or fsync nothing is known about the file: only a new one, written whole, can be trusted.
    if (broken || length > Math.max(compactAbove, 4 * compacted)) await compact();
    const bytes = Buffer.from(text);
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, length + done);
      done += bytesWritten;
    }
    await file.datasync();
    length += bytes.length;
  }

  async function compact(): Promise<void> {
    const chunks: string[] = [];
    for (const entry of survivors()) chunks.push(encodeRecord(entry) ?? '');
    const bytes = Buffer.from(chunks.join(''));
    const next = await open(join(directory, newName), 'w', 0o600);
    try {
      await next.writeFile(bytes);
      await next.datasync();
      await rename(join(directory, newName), join(directory, logName));
      await syncDirectory(directory);
    } catch (error) {
      await next.close().catch(() => {});
      throw error;
    }
    await file.close().catch(() => {});
    log.info({ directory, before: length, after: bytes.length }, 'wrote the lease log anew');
    file = next;
    length = bytes.length;
    compacted = length;
    broken = false;
  }

  return {
    append(entry) {
      const line = encodeRecord(entry);
      if (line === undefined) return Promise.resolve();
      if (closed) return Promise.reject(new CodedError('LeaseNotStored', 'the lease log is closed'));
      return new Promise((resolve, reject) => {
        lines.push(line);
        waiters.push({ resolve, reject });
        running ??= drain();
      });
    },
    async close() {
      closed = true;
      await running;
      await file.close();
    },
  };
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
