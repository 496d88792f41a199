import { crc32 } from 'node:zlib';
import { ipv4FromNumber, ipv4ToNumber } from '../../../domain/net/address.ts';
import { DecodeError } from '../../../errors/decode-error.ts';
import type { LeaseEntry, LeaseState } from './lease.ts';

/*
 * One record is one line: the CRC-32 of the rest in eight hexadecimal digits, a blank, and a JSON array. A person can
 * read it, and a line that was cut or damaged is known for certain.
 */

const states = { B: 'Bound', R: 'Released', D: 'Declined' } as const satisfies Record<string, LeaseState>;

/** The line of an entry, with its line feed. Offers have none: undefined. */
export function encodeRecord(entry: LeaseEntry): string | undefined {
  if (entry.state === 'Offered') return undefined;
  const { address, subnet, client, mac, hostname, state, end } = entry;
  const fields = [ipv4FromNumber(address), subnet, client, mac, hostname ?? null, state.charAt(0), end];
  const text = JSON.stringify(fields);
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`;
}

/** The entry of a line without its line feed. Throws DecodeError. */
export function decodeRecord(line: string): LeaseEntry {
  const text = line.slice(9);
  if (line[8] !== ' ' || crc32(text).toString(16).padStart(8, '0') !== line.slice(0, 8)) {
    throw new DecodeError('the checksum of a lease record does not match');
  }
  const fields = parseArray(text);
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
    if (Array.isArray(value)) return value;
  } catch {
    // The same end as a value that is no array.
  }
  throw new DecodeError('a lease record is no JSON array');
}
