import type { Machine } from '../../api/machine/schema.ts';
import { delay } from './delay.ts';
import { createPowerPolls, type PowerPollsDeps } from './polls.ts';

export interface PowerPoller {
  start(): void;
  stop(): Promise<void>;
}

/** How many BMCs are asked at a time. */
const workers = 16;

/**
 * Looks at the power state of machines that nobody is powering just now, one sweep an interval, a few at a time. A BMC that
 * does not answer is reported as Unknown, and asked less often, so that it delays no other.
 *
 * @param mine whether this rack is the one that polls the machine
 */
export function createPowerPoller(deps: PowerPollsDeps & { mine(machine: Machine): boolean }): PowerPoller {
  const stopping = new AbortController();
  const polls = createPowerPolls(deps);
  let running: Promise<void> | undefined;

  async function sweep(): Promise<void> {
    const waiting = deps.world.machines.list().filter(deps.mine);
    polls.keepOnly(waiting);
    const work = async (): Promise<void> => {
      for (let machine = waiting.pop(); machine !== undefined; machine = waiting.pop()) {
        if (stopping.signal.aborted) return;
        await polls.poll(machine, stopping.signal);
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sweep();
      const pause = deps.intervalMs * (0.8 + 0.4 * Math.random());
      await delay(pause, stopping.signal).catch(() => undefined);
    }
  }

  return {
    start() {
      running ??= loop();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
