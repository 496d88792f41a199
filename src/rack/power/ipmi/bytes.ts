import { DecodeError } from '../../../errors/decode-error.ts';

/** A look at the bytes as IPMI's little-endian integers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @throws DecodeError when there are fewer than `length` bytes. */
export function requireLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length < length) {
    throw new DecodeError(`${what}: ${bytes.length} bytes where at least ${length} are needed`);
  }
}

/** The byte at `index`. @throws DecodeError behind the end. */
export function byteAt(bytes: Uint8Array, index: number, what: string): number {
  const value = bytes[index];
  if (value === undefined) throw new DecodeError(`${what}: ends before byte ${index}`);
  return value;
}

/** `value` as four bytes, least significant first. */
export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return bytes;
}

/** The parts, one after the other. */
export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
