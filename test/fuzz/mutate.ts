import type { Random } from './random.ts';

/** What the mutations of one decoder are made from. */
export interface Corpus {
  /** Inputs that real programs sent, or that an encoder made. */
  seeds: readonly [Uint8Array, ...Uint8Array[]];
  /** Words that mean something to the decoder. */
  words: readonly Uint8Array[];
  /** No input is longer. */
  longest: number;
}

const interesting = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 129, 254, 255] as const;
const mostChanges = 6;

/** One seed with a few changes, sometimes the beginning of one and the end of another, seldom nothing but noise. */
export function mutate(corpus: Corpus, random: Random): Uint8Array {
  if (random.below(200) === 0) return noise(random, random.below(Math.min(corpus.longest, 600) + 1));
  let bytes = new Uint8Array(random.pick(corpus.seeds));
  for (let change = random.below(mostChanges); change >= 0; change -= 1) {
    bytes = changeOnce(bytes, corpus, random);
  }
  return bytes.length > corpus.longest ? bytes.slice(0, corpus.longest) : bytes;
}

function changeOnce(bytes: Uint8Array, corpus: Corpus, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const copy = new Uint8Array(bytes);
  switch (random.below(11)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    case 1:
      copy[at] = random.below(256);
      return copy;
    case 2:
      copy[at] = random.pick(interesting);
      return copy;
    case 3:
      copy[at] = (copy[at] ?? 0) + random.below(9) - 4;
      return copy;
    case 4:
      for (let index = 0; index < (random.below(2) === 0 ? 2 : 4); index += 1) {
        copy[at + index] = random.below(2) === 0 ? 255 : random.pick(interesting);
      }
      return copy;
    case 5:
      return splice(copy, at, random.below(1 + Math.min(64, bytes.length)), new Uint8Array());
    case 6:
      return splice(copy, at, 0, noise(random, 1 + random.below(16)));
    case 7:
      return copy.slice(0, at);
    case 8: {
      const piece = copy.slice(at, at + 1 + random.below(64));
      const times = random.below(20) === 0 ? 64 : 1 + random.below(3);
      return splice(copy, random.below(bytes.length + 1), 0, repeat(piece, times));
    }
    case 9: {
      const other = random.pick(corpus.seeds);
      return splice(copy, at, copy.length, other.subarray(random.below(other.length + 1)));
    }
    default: {
      const word = corpus.words[random.below(Math.max(1, corpus.words.length))] ?? noise(random, 2);
      return splice(copy, at, random.below(2) === 0 ? word.length : 0, word);
    }
  }
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array<ArrayBuffer> {
  const tail = bytes.subarray(Math.min(bytes.length, at + remove));
  const result = new Uint8Array(at + insert.length + tail.length);
  result.set(bytes.subarray(0, at));
  result.set(insert, at);
  result.set(tail, at + insert.length);
  return result;
}

function repeat(piece: Uint8Array, times: number): Uint8Array {
  const result = new Uint8Array(piece.length * times);
  for (let index = 0; index < times; index += 1) result.set(piece, index * piece.length);
  return result;
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}
