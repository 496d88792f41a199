import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../../kube/json.ts';
import { serverError } from '../errors.ts';
import type { Position } from './page.ts';

const Value = z.union([z.string(), z.number(), z.boolean()]);
const Payload = z.strictObject({
  /** Which list it belongs to. */
  list: z.string(),
  /** A missing value is an empty list. */
  values: z.array(z.union([Value, z.tuple([])])),
  key: z.string(),
});

/** Makes and reads the cursors of pages: signed, so that nobody makes one up, and of no use for another list. */
export interface Cursors {
  write(list: unknown, position: Position): string;
  /** Errors: BadCursor. */
  read(list: unknown, cursor: string): Position;
}

/** @param key at least 32 bytes, the same for all servers that one client may talk to */
export function createCursors(key: Uint8Array): Cursors {
  const sign = (payload: string): Buffer => createHmac('sha256', key).update(payload).digest();
  const digestOf = (list: unknown): string =>
    createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 22);

  return {
    write(list, { values, key: last }) {
      const payload = JSON.stringify({
        list: digestOf(list),
        values: values.map((value) => value ?? []),
        key: last,
      });
      return `${Buffer.from(payload).toString('base64url')}.${sign(payload).toString('base64url')}`;
    },
    read(list, cursor) {
      const refused = serverError('BadCursor', 'begin the list anew, without cursor');
      const [encoded = '', signature = '', ...rest] = cursor.split('.');
      const payload = Buffer.from(encoded, 'base64url').toString();
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(payload);
      const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
      if (!isOurs || rest.length > 0) throw refused;
      const parsed = Payload.safeParse(parseJson(payload));
      if (!parsed.success || parsed.data.list !== digestOf(list)) throw refused;
      const values = parsed.data.values.map((value) => (Array.isArray(value) ? undefined : value));
      return { values, key: parsed.data.key };
    },
  };
}
