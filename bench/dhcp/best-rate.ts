/** One trial at a rate: what was reached, and the share that was dropped. */
export interface Trial {
  reached: number;
  dropped: number;
}

/** How the search goes. */
export interface Search {
  /** The first rate to try. */
  from: number;
  /** Above it a trial has failed. */
  mostDropped: number;
  /** Told of every trial. */
  note?(rate: number, trial: Trial): void;
}

const steps = [1.3, 1.1] as const;
/** A trial may fail because the machine did something else meanwhile. */
const tries = 4;

/**
 * The most that a server reaches at a rate that it sustains: rates grow by a third, and then by a tenth, as long as one of a
 * few trials succeeds.
 */
export async function bestRate(search: Search, trial: (rate: number) => Promise<Trial>): Promise<number> {
  let best: number | undefined;
  let rate = search.from;
  const reached = async (at: number): Promise<number | undefined> => {
    for (let turn = 0; turn < tries; turn += 1) {
      const result = await trial(Math.round(at));
      search.note?.(Math.round(at), result);
      if (result.dropped < search.mostDropped) return result.reached;
    }
    return undefined;
  };
  for (const step of steps) {
    for (let next = best === undefined ? rate : rate * step; ; next *= step) {
      const found = await reached(next);
      if (found === undefined) break;
      [best, rate] = [Math.max(best ?? 0, found), next];
    }
    // Even the first rate was too much: down, until there is one.
    while (best === undefined && rate > 1) {
      rate /= 1.5;
      best = await reached(rate);
    }
  }
  return best ?? 0;
}
