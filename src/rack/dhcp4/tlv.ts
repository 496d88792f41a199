/** The most bytes that one option of a message can have. */
const mostBytes = 255;

/** An option as it is sent: code, length, value. What is longer than 255 bytes is split (RFC 3396, 5). */
export function tlv(code: number, value: Uint8Array): Uint8Array {
  const parts = Math.max(1, Math.ceil(value.length / mostBytes));
  const bytes = new Uint8Array(value.length + 2 * parts);
  let at = 0;
  let done = 0;
  do {
    const part = value.subarray(done, done + mostBytes);
    bytes[at] = code;
    bytes[at + 1] = part.length;
    bytes.set(part, at + 2);
    at += 2 + part.length;
    done += mostBytes;
  } while (done < value.length);
  return bytes;
}

/** One after the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The options of bytes that `tlv` made, each with all of its parts. */
export function* eachOption(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  let from = 0;
  while (from < bytes.length) {
    let to = from;
    do to += 2 + (bytes[to + 1] ?? 0);
    while (to < bytes.length && bytes[to] === bytes[from]);
    yield bytes.subarray(from, to);
    from = to;
  }
}
