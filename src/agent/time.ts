import { setTimeout as delay } from 'node:timers/promises';

/** Time as a dependency: the agent waits, gives up and stamps its events by it. */
export interface Timing {
  now(): number;
  /** Resolves after `ms`, or rejects when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  random(): number;
}

export const systemTiming: Timing = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
  random: () => Math.random(),
};
