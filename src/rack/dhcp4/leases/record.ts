import { crc32 } from 'node:zlib';
import { ipv4FromNumber, ipv4ToNumber } from '../../../domain/net/address.ts';
import { DecodeError } from '../../../errors/decode-error.ts';
import type { LeaseEntry, LeaseState } from './lease.ts';

/*
 * One record is one line: the CRC-32 of the rest in eight hexadecimal digits, a blank, and a JSON array. A person can
 * read it, and a line that was cut or damaged is known for certain. The array of a lease begins with its address, that
 * of a note with the note's name.
 */

const states = { B: 'Bound', R: 'Released', D: 'Declined' } as const satisfies Record<string, LeaseState>;

/** The right to give out the addresses of a slice, as the rack remembers it. Addresses are unsigned 32-bit numbers. */
export interface Acquisition {
  /** Name of the slice's Lease. */
  slice: string;
  /** Stands in the Lease too: a rack whose log has not this id knows nothing of the slice. */
  id: string;
  first: number;
  last: number;
  /** Milliseconds of the lease clock: until then what is not recorded may be somebody's. 0: never. */
  blockedUntil: number;
  /** Whether earlier records of these addresses are still right. */
  keep: boolean;
}

/** How long a rack certainly had its slices, by the clock of its node's kernel: what a restart may rely on. */
export interface HoldNote {
  slice: string;
  /** The kernel's boot: its monotonic clock means something only within it. */
  boot: string;
  /** Milliseconds of the kernel's monotonic clock. */
  holdUntil: number;
  coverUntil: number;
}

/** One record of the log. */
export type LogRecord =
  | { kind: 'Lease'; entry: LeaseEntry }
  | { kind: 'Acquired'; acquisition: Acquisition }
  | { kind: 'Dropped'; slice: string }
  | { kind: 'Hold'; note: HoldNote }
  /** The lease clock at the time of writing. */
  | { kind: 'Mark'; at: number }
  /** The lease clock was set: every end moves with it. */
  | { kind: 'Shift'; from: number; to: number };

/** The line of a record, with its line feed. Offers have none: undefined. */
export function encodeLine(record: LogRecord): string | undefined {
  switch (record.kind) {
    case 'Lease':
      return encodeRecord(record.entry);
    case 'Acquired': {
      const { slice, id, first, last, blockedUntil, keep } = record.acquisition;
      return line(['acquired', slice, id, ipv4FromNumber(first), ipv4FromNumber(last), blockedUntil, keep]);
    }
    case 'Dropped':
      return line(['dropped', record.slice]);
    case 'Hold': {
      const { slice, boot, holdUntil, coverUntil } = record.note;
      return line(['hold', slice, boot, holdUntil, coverUntil]);
    }
    case 'Mark':
      return line(['mark', record.at]);
    case 'Shift':
      return line(['shift', record.from, record.to]);
  }
}

/** The record of a line without its line feed. Throws DecodeError. */
export function decodeLine(text: string): LogRecord {
  const fields = decodeFields(text);
  const [name, a, b, c, d] = fields;
  switch (name) {
    case 'acquired': {
      const acquisition = acquisitionOf(fields);
      if (acquisition === undefined) break;
      return { kind: 'Acquired', acquisition };
    }
    case 'dropped':
      if (typeof a !== 'string') break;
      return { kind: 'Dropped', slice: a };
    case 'hold':
      if (typeof a !== 'string' || typeof b !== 'string') break;
      if (typeof c !== 'number' || typeof d !== 'number') break;
      return { kind: 'Hold', note: { slice: a, boot: b, holdUntil: c, coverUntil: d } };
    case 'mark':
      if (typeof a !== 'number') break;
      return { kind: 'Mark', at: a };
    case 'shift':
      if (typeof a !== 'number' || typeof b !== 'number') break;
      return { kind: 'Shift', from: a, to: b };
    default:
      return { kind: 'Lease', entry: entryOf(fields) };
  }
  throw new DecodeError('a note in the lease log has not the fields it must have');
}

function acquisitionOf([, slice, id, from, to, blockedUntil, keep]: unknown[]): Acquisition | undefined {
  const first = typeof from === 'string' ? ipv4ToNumber(from) : undefined;
  const last = typeof to === 'string' ? ipv4ToNumber(to) : undefined;
  if (typeof slice !== 'string' || typeof id !== 'string' || first === undefined || last === undefined)
    return;
  if (typeof blockedUntil !== 'number' || typeof keep !== 'boolean') return;
  return { slice, id, first, last, blockedUntil, keep };
}

/** The line of an entry, with its line feed. Offers have none: undefined. */
export function encodeRecord(entry: LeaseEntry): string | undefined {
  if (entry.state === 'Offered') return undefined;
  const { address, subnet, client, mac, hostname, state, end } = entry;
  return line([ipv4FromNumber(address), subnet, client, mac, hostname ?? null, state.charAt(0), end]);
}

/** The entry of a line without its line feed. Throws DecodeError. */
export function decodeRecord(text: string): LeaseEntry {
  return entryOf(decodeFields(text));
}

function line(fields: unknown[]): string {
  const text = JSON.stringify(fields);
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`;
}

function decodeFields(text: string): unknown[] {
  const json = text.slice(9);
  if (text[8] !== ' ' || crc32(json).toString(16).padStart(8, '0') !== text.slice(0, 8)) {
    throw new DecodeError('the checksum of a lease record does not match');
  }
  return parseArray(json);
}

function entryOf(fields: unknown[]): LeaseEntry {
  const [address, subnet, client, mac, hostname, letter, end] = fields;
  const number = typeof address === 'string' ? ipv4ToNumber(address) : undefined;
  const state = letter === 'B' || letter === 'R' || letter === 'D' ? states[letter] : undefined;
  if (
    number === undefined ||
    state === undefined ||
    typeof subnet !== 'string' ||
    typeof client !== 'string' ||
    typeof mac !== 'string' ||
    typeof end !== 'number'
  ) {
    throw new DecodeError('a lease record has not the fields it must have');
  }
  return {
    address: number,
    subnet,
    client,
    mac,
    hostname: typeof hostname === 'string' ? hostname : undefined,
    state,
    end,
  };
}

function parseArray(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    // JSON has no infinity, but 1e999 becomes one: what cannot be written again is no record.
    if (
      Array.isArray(value) &&
      !value.includes(Number.POSITIVE_INFINITY) &&
      !value.includes(Number.NEGATIVE_INFINITY)
    )
      return value;
  } catch {
    // The same end as a value that is no array.
  }
  throw new DecodeError('a lease record is no JSON array');
}
