import { DecodeError } from '../../errors/decode-error.ts';

const maximumLabel = 63;
const maximumName = 255;

/** A name as labels with lengths and the root at its end (RFC 1035, 3.1). Latin-1. Throws DecodeError. */
export function encodeDomainName(name: string): Uint8Array {
  return encodeDomainNames([name]);
}

/**
 * Names one after the other, each tail that was there before as a pointer to it (RFC 1035, 4.1.4); offsets count from
 * the first byte. This is option 119 (RFC 3397, 2). Throws DecodeError for a name that DNS cannot have.
 */
export function encodeDomainNames(names: readonly string[]): Uint8Array {
  const bytes: number[] = [];
  const places = new Map<string, number>();
  for (const name of names) {
    const labels = labelsOf(name);
    let pointer: number | undefined;
    for (let index = 0; index < labels.length; index += 1) {
      const tail = labels.slice(index).join('.').toLowerCase();
      pointer = places.get(tail);
      if (pointer !== undefined) break;
      if (bytes.length < 0x4000) places.set(tail, bytes.length);
      const label = labels[index] ?? '';
      bytes.push(label.length);
      for (let at = 0; at < label.length; at += 1) bytes.push(label.charCodeAt(at) & 255);
    }
    if (pointer === undefined) bytes.push(0);
    else bytes.push(0xc0 | (pointer >> 8), pointer & 255);
  }
  return Uint8Array.from(bytes);
}

/**
 * The names of option 119. Pointers may only lead back, and a name has at most 255 bytes, so any input ends. Throws
 * DecodeError.
 */
export function decodeDomainNames(bytes: Uint8Array): string[] {
  const names: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { name, next } = readName(bytes, at);
    names.push(name);
    at = next;
  }
  return names;
}

/**
 * One name without pointers, as option 81 has it (RFC 4702, 2.3.1). `complete` tells whether the root ends it: without,
 * it is a part of a name that the server completes. Throws DecodeError.
 */
export function decodePartialName(bytes: Uint8Array): { name: string; complete: boolean } {
  const labels: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = bytes[at] ?? 0;
    if (length === 0) return { name: labels.join('.'), complete: true };
    if (length > maximumLabel || at + 1 + length > bytes.length)
      throw new DecodeError('a label is cut short');
    labels.push(latin1(bytes.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return { name: labels.join('.'), complete: false };
}

function labelsOf(name: string): string[] {
  const text = name.endsWith('.') ? name.slice(0, -1) : name;
  const labels = text.split('.');
  if (text.length + 2 > maximumName || labels.some(({ length }) => length < 1 || length > maximumLabel)) {
    throw new DecodeError(`no domain name: ${JSON.stringify(name)}`);
  }
  return labels;
}

function readName(bytes: Uint8Array, from: number): { name: string; next: number } {
  const labels: string[] = [];
  let at = from;
  let next: number | undefined;
  let size = 0;
  for (;;) {
    const length = bytes[at];
    if (length === undefined) throw new DecodeError('a domain name is cut short');
    if (length === 0) return { name: labels.join('.'), next: next ?? at + 1 };
    if (length >= 0xc0) {
      const low = bytes[at + 1];
      const target = ((length & 0x3f) << 8) | (low ?? 0);
      if (low === undefined || target >= at) throw new DecodeError('a pointer leads nowhere');
      next ??= at + 2;
      at = target;
      continue;
    }
    size += 1 + length;
    if (length > maximumLabel || size >= maximumName || at + 1 + length > bytes.length) {
      throw new DecodeError('a label is too long');
    }
    labels.push(latin1(bytes.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
