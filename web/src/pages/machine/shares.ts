/** Where a step lies in the whole, in percent. */
export interface Share {
  from: number;
  width: number;
}

/** Steps that took no time are still seen. */
const leastWidth = 0.4;

/** The place of each of some durations, one after the other. */
export function shares(seconds: readonly number[]): Share[] {
  const total = seconds.reduce((sum, each) => sum + each, 0) || 1;
  let before = 0;
  return seconds.map((each) => {
    const from = Math.min(100 - leastWidth, (100 * before) / total);
    before += each;
    return { from, width: Math.max(leastWidth, (100 * each) / total) };
  });
}
