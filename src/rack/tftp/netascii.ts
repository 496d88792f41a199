const lineFeed = 10;
const carriageReturn = 13;

/** The bytes that stand for a file in netascii (RFC 764): LF as CR LF, CR as CR NUL. */
export function toNetascii(bytes: Uint8Array): Uint8Array {
  let extra = 0;
  for (const byte of bytes) if (byte === lineFeed || byte === carriageReturn) extra += 1;
  const converted = new Uint8Array(bytes.length + extra);
  let at = 0;
  for (const byte of bytes) {
    if (byte === lineFeed) converted[at++] = carriageReturn;
    converted[at++] = byte;
    if (byte === carriageReturn) converted[at++] = 0;
  }
  return converted;
}
