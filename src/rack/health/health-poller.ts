import type { Machine } from '../../api/machine/schema.ts';
import { delay } from '../power/delay.ts';
import type { World } from '../world/world.ts';
import { createHealthLooks, type HealthLooksDeps } from './health-looks.ts';

/** How many BMCs are read at a time. */
const workers = 4;

export interface HealthPollerDeps extends HealthLooksDeps {
  world: Pick<World, 'machines'>;
  /** Whether this rack is the one that reads the machine. */
  mine(machine: Machine): boolean;
}

/**
 * Reads the health of machines, one sweep an interval, a few at a time. Slow on purpose: BMCs are small computers, and what
 * they say of fans is not urgent.
 */
export function createHealthPoller(deps: HealthPollerDeps): { start(): void; stop(): Promise<void> } {
  const stopping = new AbortController();
  const looks = createHealthLooks(deps);
  let running: Promise<void> | undefined;

  async function sweep(): Promise<void> {
    const waiting = deps.world.machines
      .list()
      .filter((machine) => machine.metadata.deletionTimestamp === undefined && deps.mine(machine));
    looks.keepOnly(waiting);
    const work = async (): Promise<void> => {
      for (let machine = waiting.pop(); machine !== undefined; machine = waiting.pop()) {
        if (stopping.signal.aborted) return;
        // The list is of the sweep's begin.
        const now = deps.world.machines.get(machine.metadata.name);
        if (now !== undefined) await looks.look(now, stopping.signal);
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
  }

  async function loop(): Promise<void> {
    // Racks that were started together do not look together.
    await delay(deps.intervalMs * 0.2 * Math.random(), stopping.signal).catch(() => undefined);
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
