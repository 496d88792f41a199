import { messageOf } from '../../../errors/coded-error.ts';
import type { Logger } from '../../../log/logger.ts';
import { decodeLine, type LogRecord } from './record.ts';

/** What was found in the bytes of a log. */
export interface Recovery {
  /** Bytes up to the end of the last whole record. */
  length: number;
  records: number;
  /** Places where something was damaged: what stood there is not known any more. */
  damaged: number;
  /** The last thing that was known of the lease clock; undefined in a log of a version that did not write it. */
  lastMark: number | undefined;
}

const lineFeed = 10;

/**
 * Hands every whole record to `replay`, oldest first. An unfinished last line is what a crash leaves, and was promised to nobody;
 * anything else that cannot be read is damage. A line feed that was damaged joins two lines: both are found again.
 */
export function recover(bytes: Buffer, replay: (record: LogRecord) => void): Recovery {
  const found: Recovery = { length: 0, records: 0, damaged: 0, lastMark: undefined };
  const take = (record: LogRecord): void => {
    if (record.kind === 'Mark') found.lastMark = Math.max(record.at, found.lastMark ?? record.at);
    if (record.kind === 'Shift') found.lastMark = record.to;
    replay(record);
    found.records += 1;
  };
  let at = 0;
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, at)) {
    const text = bytes.toString('utf8', at, end);
    const record = tryDecode(text);
    if (record !== undefined) take(record);
    else {
      found.damaged += 1;
      for (const piece of piecesOf(text)) take(piece);
    }
    at = end + 1;
    found.length = at;
  }
  // The line feed of the very last record may be what was damaged.
  const last = tryDecode(bytes.toString('utf8', at, Math.max(at, bytes.length - 1)));
  if (last !== undefined) {
    take(last);
    found.damaged += 1;
  }
  return found;
}

/** What a recovery did, for people. */
export function logRecovery(log: Logger, path: string, size: number, found: Recovery): void {
  if (found.length < size) {
    log.warn({ path, bytes: size - found.length }, 'cut an unfinished tail off the lease log');
  }
  if (found.damaged > 0) {
    log.error(
      { path, damaged: found.damaged, records: found.records },
      'the lease log is damaged: what could be read is used, and unknown addresses are kept from new clients',
    );
  }
}

function tryDecode(text: string): LogRecord | undefined {
  try {
    return decodeLine(text);
  } catch {
    return undefined;
  }
}

/** Whole records inside of a line that is none, each with the one byte after it that should have been a line feed. */
function* piecesOf(text: string): Generator<LogRecord> {
  const starts = [...text.matchAll(/[0-9a-f]{8} \[/g)].map(({ index }) => index);
  for (const [number, start] of starts.entries()) {
    const end = starts[number + 1];
    const record =
      end === undefined
        ? tryDecode(text.slice(start))
        : tryDecode(text.slice(start, Math.max(start, end - 1)));
    if (record !== undefined) yield record;
  }
}

/** Reads the log; one that the disk does not give is put aside, so that a new one can be begun. */
export async function readLog(
  directory: { path: string; read(name: string): Promise<Buffer | undefined> },
  name: string,
  log: Logger,
): Promise<{ bytes: Buffer; readable: boolean }> {
  try {
    return { bytes: (await directory.read(name)) ?? Buffer.alloc(0), readable: true };
  } catch (error) {
    log.error(
      { path: directory.path, error: messageOf(error) },
      'the lease log cannot be read: unknown addresses are kept from new clients',
    );
    return { bytes: Buffer.alloc(0), readable: false };
  }
}
