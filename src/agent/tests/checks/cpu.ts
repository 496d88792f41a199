import { createCipheriv, createHash } from 'node:crypto';

/** SHA-256 of one round, which is the same on every processor that works. */
export const knownAnswer = '13234acab548f49e70b829bafa38e2ad74f34e2ddca18ec1f652aa8882193c44';

/**
 * Computes the same round again and again, and compares.
 *
 * @param seconds for so long, one round at least
 * @returns what was done, in words
 * @throws when a round comes to something else
 */
export function checkCpu(seconds: number, deps: { now(): number }): string {
  const until = deps.now() + seconds * 1000;
  let rounds = 0;
  do {
    const seen = round();
    rounds += 1;
    if (seen !== knownAnswer)
      throw new Error(`expected ${knownAnswer.slice(0, 16)}… of round ${rounds}, saw ${seen.slice(0, 16)}…`);
  } while (deps.now() < until);
  return `${rounds} rounds`;
}

/** Whole numbers, IEEE 754 by operations that are exact to the bit, vectors and AES: each feeds the next. */
export function round(): string {
  const integers = new Uint32Array(16_384);
  let state = 0x9e3779b9;
  for (let index = 0; index < integers.length; index += 1) {
    // xorshift32, and a multiplication that keeps all bits in play.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    integers[index] = Math.imul(state, 0x85ebca6b) >>> 0;
  }
  const doubles = new Float64Array(16_384);
  let value = 1;
  for (let index = 0; index < doubles.length; index += 1) {
    value = Math.sqrt(value * 1.000_000_1 + (integers[index] ?? 0) / 0x1_0000_0000) / 1.1 + 0.3;
    doubles[index] = value;
  }
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, 0x5a), Buffer.alloc(16, 0xc3));
  const mixed = cipher.update(Buffer.concat([bytesOf(integers), bytesOf(doubles)]));
  return createHash('sha256').update(createHash('sha512').update(mixed).digest()).digest('hex');
}

function bytesOf(array: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
