/** One trial at a rate: what was reached, and the share that was dropped. */
export interface Trial {
  reached: number;
  dropped: number;
}

/** How the search goes. */
export interface Search {
  /** The first rate to try. */
  from: number;
  /** Trials in all. */
  trials: number;
  /** Above it a trial has failed. */
  mostDropped: number;
  /** Told of every trial. */
  note?(rate: number, trial: Trial): void;
}

/**
 * The most that a server reaches at a rate that it sustains: rates grow by half until a trial fails twice, then the gap
 * is halved. A trial that fails is repeated once, for the machine may have been busy with something else.
 */
export async function bestRate(search: Search, trial: (rate: number) => Promise<Trial>): Promise<number> {
  let [sustained, failed] = [0, Number.POSITIVE_INFINITY];
  let best = 0;
  let rate = search.from;
  for (let turn = 0; turn < search.trials && failed / sustained > 1.05; turn += 1) {
    let result = await trial(rate);
    search.note?.(rate, result);
    if (result.dropped >= search.mostDropped) {
      result = await trial(rate);
      search.note?.(rate, result);
    }
    if (result.dropped < search.mostDropped) {
      sustained = Math.max(sustained, rate);
      best = Math.max(best, result.reached);
    } else {
      failed = Math.min(failed, rate);
    }
    rate = Math.round(next(sustained, failed));
  }
  return best;
}

function next(sustained: number, failed: number): number {
  if (sustained === 0) return failed / 2;
  return failed === Number.POSITIVE_INFINITY ? sustained * 1.5 : (sustained + failed) / 2;
}
