import type { ByteRange } from './range.ts';

/** A `multipart/byteranges` body (RFC 9110, 14.6): the head of each part goes before its bytes, the tail after all. */
export interface Multipart {
  contentType: string;
  /** Of the whole body, in bytes. */
  length: number;
  parts: { head: Buffer; range: ByteRange }[];
  tail: Buffer;
}

/** @param boundary not to be found in the content: random, from the caller */
export function layOutMultipart(
  ranges: readonly ByteRange[],
  { size, contentType, boundary }: { size: number; contentType: string; boundary: string },
): Multipart {
  const parts = ranges.map((range, index) => ({
    range,
    head: Buffer.from(
      `${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${contentType}\r\n` +
        `Content-Range: bytes ${range.start}-${range.end}/${size}\r\n\r\n`,
    ),
  }));
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const length = parts.reduce((sum, { head, range }) => sum + head.length + range.end - range.start + 1, 0);
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    length: length + tail.length,
    parts,
    tail,
  };
}
