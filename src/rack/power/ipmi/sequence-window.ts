const width = 32;

/** Which session sequence numbers of the BMC were seen: a replayed or very old packet is not taken twice. */
export interface SequenceWindow {
  /** @returns whether it is new; remembers it. `sequence`: 32 bits, 0 is never valid in a session. */
  accept(sequence: number): boolean;
}

/** A sliding window (IPMI 2.0, section 6.12.13); it is wider than the specification's 16, for BMCs that skip. */
export function createSequenceWindow(): SequenceWindow {
  let newest: number | undefined;
  let seen = new Set<number>();
  return {
    accept(sequence) {
      if (sequence === 0) return false;
      if (newest !== undefined) {
        const ahead = (sequence - newest) | 0;
        if (ahead <= -width || seen.has(sequence)) return false;
        if (ahead < 0) {
          seen.add(sequence);
          return true;
        }
      }
      newest = sequence;
      seen = new Set([...seen].filter((known) => ((sequence - known) | 0) < width));
      seen.add(sequence);
      return true;
    },
  };
}
