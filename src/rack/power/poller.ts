import type { Machine } from '../../api/machine/schema.ts';
import { delay } from './delay.ts';
import { createPatientPool } from './patient-pool.ts';
import { createPowerPolls, type PowerPollsDeps } from './polls.ts';

export interface PowerPoller {
  start(): void;
  stop(): Promise<void>;
}

/**
 * How many BMCs are asked at a time. One that does not answer at once makes room for others, up to a number that a few MiB of
 * memory and the file descriptors of a process can hold.
 */
const crowd = { atOnce: 16, patienceMs: 250, most: 512 };

/**
 * Looks at the power state of machines that nobody is powering just now, one sweep an interval, a few at a time. A BMC that
 * does not answer is reported as Unknown, is asked less often, and delays no other.
 *
 * The first sweep is made at once, each later one spread over the interval: many BMCs behind one switch are not asked in a burst.
 *
 * @param mine whether this rack is the one that polls the machine
 */
export function createPowerPoller(
  deps: PowerPollsDeps & { mine(machine: Machine): boolean; delay?: typeof delay },
): PowerPoller {
  const { clock, intervalMs, delay: pause = delay } = deps;
  const stopping = new AbortController();
  const polls = createPowerPolls(deps);
  let running: Promise<void> | undefined;

  const pool = createPatientPool(crowd);
  const underWay = new Set<string>();

  /** Resolves when every BMC has been asked; those that take their time go on. @param spreadMs how long that shall take */
  async function sweep(spreadMs: number): Promise<void> {
    const machines = deps.world.machines.list().filter(deps.mine);
    polls.keepOnly(machines);
    const begun = clock.now();
    for (const [index, { metadata }] of machines.entries()) {
      const { name } = metadata;
      const place = (spreadMs * (index + 0.8 + 0.2 * Math.random())) / machines.length;
      await rest(Math.min(begun + place - clock.now(), spreadMs));
      if (stopping.signal.aborted) return;
      const machine = deps.world.machines.get(name);
      if (machine === undefined || !deps.mine(machine) || underWay.has(name)) continue;
      await pool.begin(async () => {
        underWay.add(name);
        await polls.poll(machine, stopping.signal);
        underWay.delete(name);
      });
    }
  }

  async function rest(ms: number): Promise<void> {
    if (ms > 0) await pause(ms, stopping.signal).catch(() => undefined);
  }

  async function loop(): Promise<void> {
    for (let spreadMs = 0; !stopping.signal.aborted; spreadMs = intervalMs) {
      const begun = clock.now();
      await sweep(spreadMs);
      // The first sweep takes no time, and one that has nothing to look at neither.
      const end = spreadMs === 0 ? intervalMs * (0.5 + 0.5 * Math.random()) : begun + spreadMs - clock.now();
      await rest(Math.min(end, intervalMs));
    }
  }

  return {
    start() {
      running ??= loop();
    },
    async stop() {
      stopping.abort();
      await running;
      await pool.idle();
    },
  };
}
