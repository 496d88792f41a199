import { crc32 } from 'node:zlib';
import { DecodeError } from '../../errors/decode-error.ts';

/** Bytes before a payload: its length and its CRC-32, both big-endian. */
export const headerBytes = 8;
/** No payload is longer: a length beyond it is no length. */
export const maxPayloadBytes = 64 * 1024 * 1024;

/** A payload as it stands in the spool. */
export function encodeFrame(payload: Uint8Array): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(payload.length, 0);
  header.writeUInt32BE(crc32(payload), 4);
  return Buffer.concat([header, payload]);
}

/**
 * The frame at an offset, and where the next one begins; undefined at the very end. Throws DecodeError when it is cut off or was
 * changed.
 */
export function decodeFrame(bytes: Buffer, offset: number): { payload: Buffer; end: number } | undefined {
  if (offset === bytes.length) return undefined;
  if (bytes.length - offset < headerBytes) throw new DecodeError('a frame is cut off in its header');
  const length = bytes.readUInt32BE(offset);
  const end = offset + headerBytes + length;
  // What a file system fills a gap with after a crash would be a frame of nothing with the right checksum.
  if (length === 0) throw new DecodeError('a frame is empty');
  if (length > maxPayloadBytes || end > bytes.length) throw new DecodeError('a frame is cut off');
  const payload = bytes.subarray(offset + headerBytes, end);
  if (crc32(payload) !== bytes.readUInt32BE(offset + 4)) {
    throw new DecodeError('the checksum of a frame does not match');
  }
  return { payload, end };
}
