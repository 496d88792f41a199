import { DecodeError } from '../../src/errors/decode-error.ts';
import type { Corpus } from './mutate.ts';

/** One decoder, or a few that stand in line. */
export interface Target extends Corpus {
  name: string;
  /** Returns whatever the bytes are; throws when the decoder did what it must not. */
  run(bytes: Uint8Array): void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A target whose decoder takes bytes. */
export function bytesTarget(
  name: string,
  seeds: readonly Uint8Array[],
  run: (bytes: Uint8Array) => void,
  more: { words?: readonly string[]; longest?: number } = {},
): Target {
  const [first = new Uint8Array(), ...rest] = seeds;
  const words = (more.words ?? []).map((word) => Uint8Array.from(Buffer.from(word, 'latin1')));
  return { name, seeds: [first, ...rest], words, longest: more.longest ?? 1500, run };
}

/** A target whose decoder takes text: broken UTF-8 becomes U+FFFD, as it does for the decoder. */
export function textTarget(
  name: string,
  seeds: readonly string[],
  run: (text: string) => void,
  more: { words?: readonly string[]; longest?: number } = {},
): Target {
  const bytes = seeds.map((seed) => encoder.encode(seed));
  return bytesTarget(name, bytes, (input) => run(decoder.decode(input)), { longest: 8192, ...more });
}

/** What decodes, or undefined: DecodeError is the one thing that a decoder may throw. */
export function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Throws with what was and what should have been. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [show(actual), show(expected)];
  if (one !== other) throw new Error(`${what}: ${one.slice(0, 300)} instead of ${other.slice(0, 300)}`);
}

/** Throws when a rule does not hold. */
export function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(rule);
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_key, part: unknown) => {
      if (part instanceof Uint8Array) return Buffer.from(part).toString('hex');
      if (part instanceof Map) return [...part];
      return typeof part === 'bigint' ? String(part) : part;
    }) ?? 'undefined'
  );
}
