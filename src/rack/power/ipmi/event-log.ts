import type { HardwareReport, LogEntry } from '../driver.ts';
import { byteAt, requireLength, viewOf } from './bytes.ts';
import { type IpmiRequest, netFn } from './lan-message.ts';
import type { SensorRecord } from './sensor-record.ts';
import { eventState, sensorTypeName } from './sensor-state.ts';
import type { InTurns } from './sensors.ts';

/** So many entries are read at a look; what is behind them, at the next. */
const mostEntries = 256;
const lastEntry = 0xffff;
const systemEvent = 0x02;
/** Below this a time is counted from the BMC's start, which nobody knows (IPMI 2.0, section 37). */
const firstRealTime = 0x20000000;

const infoRequest: IpmiRequest = { netFn: netFn.storage, command: 0x40, data: Uint8Array.of() };

/** Get SEL Entry, all of it (table 31-5). */
function getEntry(id: number): IpmiRequest {
  return { netFn: netFn.storage, command: 0x43, data: Uint8Array.of(0, 0, id & 0xff, id >> 8, 0, 0xff) };
}

/** Times of the last addition and erasure: what changes when the log does. */
interface LogInfo {
  entries: number;
  added: number;
  erased: number;
}

/** Get SEL Info (table 31-2). @throws DecodeError */
export function decodeLogInfo(data: Uint8Array): LogInfo {
  requireLength(data, 13, 'Get SEL Info');
  const view = viewOf(data);
  return {
    entries: view.getUint16(1, true),
    added: view.getUint32(5, true),
    erased: view.getUint32(9, true),
  };
}

/** How far the log was read. */
interface Cursor {
  /** 0 when there was more to read. */
  added: number;
  erased: number;
  id: number;
  critical: number;
}

function parseCursor(text: string | undefined): Cursor | undefined {
  const parts = /^(\d{1,10})\/(\d{1,10})\/(\d{1,5})\/(\d{1,6})$/.exec(text ?? '');
  if (parts === null) return undefined;
  const [added = 0, erased = 0, id = 0, critical = 0] = parts.slice(1).map(Number);
  return { added, erased, id, critical };
}

/**
 * The entries of the system event log that are newer than the cursor.
 * @param names of sensors, for messages
 * @throws CodedError<PowerErrorCode>
 */
export async function readEventLog(
  text: string | undefined,
  names: readonly SensorRecord[],
  inTurns: InTurns,
): Promise<HardwareReport['log']> {
  const before = parseCursor(text);
  const info = await readInfo(inTurns);
  if (info === undefined) return { news: [], cursor: text, critical: before?.critical ?? 0 };
  const start = await findStart(before, info, inTurns);
  const { entries, hasMore, last } = await readEntries(start.id, inTurns);
  const read = entries.map((entry) => decodeEntry(entry, names));
  const known = start.isAnew ? 0 : (before?.critical ?? 0);
  const critical = known + read.filter(({ severity }) => severity === 'Critical').length;
  const [added, id] = [hasMore ? 0 : info.added, last ?? (start.isAnew ? 0 : (before?.id ?? 0))];
  return {
    // A log that was never read is not news.
    news: before === undefined ? [] : read,
    cursor:
      info.entries === 0 && before === undefined ? undefined : `${added}/${info.erased}/${id}/${critical}`,
    critical,
  };
}

/** Undefined: the BMC has no log. */
async function readInfo(inTurns: InTurns): Promise<LogInfo | undefined> {
  let info: Uint8Array | undefined;
  await inTurns(async (_send, trySend) => {
    info = await trySend(infoRequest, 'Get SEL Info');
    return 'Done';
  });
  return info === undefined ? undefined : decodeLogInfo(info);
}

/** The entry behind the one that was read last; the first, in a log that was cleared or has forgotten that one. */
async function findStart(
  before: Cursor | undefined,
  info: LogInfo,
  inTurns: InTurns,
): Promise<{ id: number | undefined; isAnew: boolean }> {
  const isAnew = before === undefined || before.erased !== info.erased;
  if (info.entries === 0) return { id: undefined, isAnew };
  if (isAnew) return { id: 0, isAnew };
  if (before.added === info.added) return { id: undefined, isAnew };
  let seen: Uint8Array | undefined;
  await inTurns(async (_send, trySend) => {
    seen = await trySend(getEntry(before.id), 'Get SEL Entry');
    return 'Done';
  });
  if (seen === undefined) return { id: 0, isAnew: true };
  const next = nextOf(seen);
  return { id: next === lastEntry ? undefined : next, isAnew };
}

async function readEntries(
  first: number | undefined,
  inTurns: InTurns,
): Promise<{ entries: Uint8Array[]; hasMore: boolean; last: number | undefined }> {
  const entries: Uint8Array[] = [];
  let id = first;
  let last: number | undefined;
  let hasMore = false;
  await inTurns(async (_send, trySend) => {
    const answer = id === undefined ? undefined : await trySend(getEntry(id), 'Get SEL Entry');
    if (answer === undefined) return 'Done';
    const record = answer.subarray(2, 18);
    requireLength(record, 16, 'Get SEL Entry');
    entries.push(record);
    last = viewOf(record).getUint16(0, true);
    const next = nextOf(answer);
    if (next === lastEntry || next === id) return 'Done';
    id = next;
    hasMore = entries.length >= mostEntries;
    return hasMore ? 'Done' : 'More';
  });
  return { entries, hasMore, last };
}

function nextOf(answer: Uint8Array): number {
  return byteAt(answer, 0, 'Get SEL Entry') | (byteAt(answer, 1, 'Get SEL Entry') << 8);
}

/** One entry of 16 bytes (table 32-1); those of makers say little. @throws DecodeError */
export function decodeEntry(record: Uint8Array, names: readonly SensorRecord[]): LogEntry {
  requireLength(record, 16, 'SEL entry');
  const at = (index: number): number => byteAt(record, index, 'SEL entry');
  const kind = at(2);
  const seconds = viewOf(record).getUint32(3, true);
  const time = kind < 0xe0 && seconds >= firstRealTime && seconds !== 0xffffffff ? seconds : undefined;
  const base = { at: time === undefined ? undefined : new Date(time * 1000).toISOString() };
  if (kind !== systemEvent) return { ...base, severity: 'OK', message: `entry of the maker (type ${kind})` };
  const [type, number, eventType, offset] = [at(10), at(11), at(12) & 0x7f, at(13) & 0x0f];
  const isOver = (at(12) & 0x80) !== 0;
  const sensor = names.find((one) => one.number === number && one.type === type);
  const name = sensor?.name ?? `${sensorTypeName(type)} #${number}`;
  const state = eventState(type, eventType, offset);
  const words = state?.words ?? `event ${offset} of type ${eventType}`;
  return {
    ...base,
    severity: isOver ? 'OK' : (state?.health ?? 'OK'),
    message: `${name}: ${isOver ? 'no longer ' : ''}${words}`,
  };
}
