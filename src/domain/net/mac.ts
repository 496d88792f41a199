import { DecodeError } from '../../errors/decode-error.ts';

const separated = /^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/i;
const dotted = /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i;
const bare = /^[0-9a-f]{12}$/i;
const hex: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * The lower-case, colon-separated form of a 48-bit MAC address written with colons, dashes, Cisco's dots or nothing.
 * Throws DecodeError.
 */
export function parseMac(text: string): string {
  if (separated.test(text)) {
    return text
      .toLowerCase()
      .split(/[:-]/)
      .map((part) => part.padStart(2, '0'))
      .join(':');
  }
  if (dotted.test(text) || bare.test(text)) {
    return (text.toLowerCase().replaceAll('.', '').match(/../g) ?? []).join(':');
  }
  throw new DecodeError(`not a MAC address: ${JSON.stringify(text)}`);
}

/** Whether `parseMac` takes it. */
export function isMac(text: string): boolean {
  return separated.test(text) || dotted.test(text) || bare.test(text);
}

/** Bytes in transmission order, as lower-case pairs with colons. Any length: InfiniBand's are longer. */
export function macFromBytes(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 1) {
    text += (index === 0 ? '' : ':') + (hex[bytes[index] ?? 0] ?? '');
  }
  return text;
}

/** Six bytes in transmission order. Throws DecodeError. */
export function macToBytes(text: string): Uint8Array {
  return Uint8Array.from(parseMac(text).split(':'), (part) => Number.parseInt(part, 16));
}
