/**
 * Counts and durations as plain numbers, for hot paths: an addition each, no object is made and nothing is looked up by text. Whoever
 * reads them makes metrics of them.
 */

/** How often things of a closed list happened. */
export class Tally<Word extends string> {
  readonly #counts = new Map<Word, Count>();

  /** @param words those that are reported from the start, with 0 */
  constructor(words: readonly Word[] = []) {
    for (const word of words) this.of(word);
  }

  /** The count of a word. Keep it where the same word is counted again and again. */
  of(word: Word): Count {
    const known = this.#counts.get(word);
    if (known !== undefined) return known;
    const count = new Count();
    this.#counts.set(word, count);
    return count;
  }

  add(word: Word, amount = 1): void {
    this.of(word).value += amount;
  }

  entries(): [Word, number][] {
    return [...this.#counts].map(([word, { value }]) => [word, value]);
  }
}

/** One number that only grows. */
export class Count {
  value = 0;
}

/** Upper bounds in seconds, from 100 µs on: a packet, a disk, a person who waits. */
export const latencyBounds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** Upper bounds in seconds, from a second to an hour: what a machine does. */
export const workBounds = [1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1200, 1800, 3600] as const;

/** Upper bounds in seconds, from a tenth of a second to hours: the steps of a boot, from a file that is fetched to disks that are erased. */
export const stepBounds = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1200, 1800, 3600, 14400, 43200,
] as const;

/** How durations are spread over fixed bounds. */
export class Spread {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** One more than bounds: the last counts what lies above all. Not cumulative. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[] = latencyBounds) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** @param value in the unit of the bounds */
  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > (this.bounds[at] ?? 0)) at += 1;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += value;
  }
}

/** Spreads by word. */
export class Spreads<Word extends string> {
  readonly #spreads = new Map<Word, Spread>();
  readonly #bounds: readonly number[];

  constructor(bounds: readonly number[] = latencyBounds, words: readonly Word[] = []) {
    this.#bounds = bounds;
    for (const word of words) this.of(word);
  }

  of(word: Word): Spread {
    const known = this.#spreads.get(word);
    if (known !== undefined) return known;
    const spread = new Spread(this.#bounds);
    this.#spreads.set(word, spread);
    return spread;
  }

  entries(): [Word, Spread][] {
    return [...this.#spreads];
  }
}
