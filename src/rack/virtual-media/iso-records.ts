/** Something with a place in an ISO image; the sector counts from 0, in units of 2048 bytes. */
export interface Located {
  name: string;
  sector: number;
  sizeBytes: number;
}

/** ECMA-119, 7.3.3: little-endian, then big-endian. */
export function bothEndian32(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value);
  bytes.writeUInt32BE(value, 4);
  return bytes;
}

/** ECMA-119, 7.2.3. */
export function bothEndian16(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(value);
  bytes.writeUInt16BE(value, 2);
  return bytes;
}

/** 1980-01-01: seven bytes, the first the years since 1900 (ECMA-119, 9.1.5). */
const firstDay = [80, 1, 1, 0, 0, 0, 0];

/** A directory record (ECMA-119, 9.1); the names of a directory itself and its parent are the bytes 0 and 1. */
export function directoryRecord({ name, sector, sizeBytes }: Located, isDirectory: boolean): Buffer {
  const identifier = Buffer.from(name, 'latin1');
  const bytes = Buffer.alloc(33 + identifier.length + ((identifier.length + 1) % 2));
  bytes[0] = bytes.length;
  bytes.set(bothEndian32(sector), 2);
  bytes.set(bothEndian32(sizeBytes), 10);
  bytes.set(firstDay, 18);
  bytes[25] = isDirectory ? 2 : 0;
  bytes.set(bothEndian16(1), 28);
  bytes[32] = identifier.length;
  bytes.set(identifier, 33);
  return bytes;
}
