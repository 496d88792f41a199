import { createHash } from 'node:crypto';

/**
 * The id of a row, from what makes it itself: whoever tells of the same thing again, another server or the same one after a
 * restart, makes the same id. A UUID of version 8 (RFC 9562, 5.8) of SHA-256.
 */
export function rowId(...parts: readonly (string | number)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
