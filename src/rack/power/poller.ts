import type { Machine } from '../../api/machine/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import { delay } from './delay.ts';
import { openPowerDriver } from './drivers.ts';
import { type PowerRequestsDeps, storePowerState } from './requests.ts';
import { readPowerTarget } from './target.ts';

export interface PowerPoller {
  start(): void;
  stop(): Promise<void>;
}

/**
 * Looks at the power state of machines that nobody is powering just now, one sweep an interval, a few at a time. A BMC that
 * does not answer is reported as Unknown and delays no other.
 *
 * @param mine whether this rack is the one that polls the machine
 */
export function createPowerPoller(
  deps: PowerRequestsDeps & { intervalMs: number; mine(machine: Machine): boolean },
): PowerPoller {
  const stopping = new AbortController();
  const log = deps.log.child({ component: 'power-poller' });
  let running: Promise<void> = Promise.resolve();

  async function sweep(): Promise<void> {
    const waiting = deps.world.machines.list().filter((machine) => isIdle(machine) && deps.mine(machine));
    const worker = async (): Promise<void> => {
      for (let machine = waiting.pop(); machine !== undefined; machine = waiting.pop()) {
        await poll(machine, deps, log, stopping.signal);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sweep();
      await delay(deps.intervalMs * (0.8 + 0.4 * Math.random()), stopping.signal).catch(() => undefined);
    }
  }

  return {
    start() {
      running = loop();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** No request is under way. */
function isIdle(machine: Machine): boolean {
  const { driver } = machine.spec.bmc ?? { driver: 'manual' };
  const { request, result } = machine.status?.power ?? {};
  if (driver === 'manual') return false;
  return request === undefined || (result?.id === request.id && result.outcome !== 'Running');
}

async function poll(
  machine: Machine,
  deps: PowerRequestsDeps,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  try {
    const found = await readPowerTarget(machine, deps.client, deps.namespace);
    if (found === undefined || signal.aborted) return;
    const driver = openPowerDriver(found.driver, found.target, deps.lock, { log });
    try {
      const state = await driver.status(AbortSignal.any([signal, AbortSignal.timeout(30_000)]));
      // The cache may have moved on while the BMC was thinking.
      const now = deps.world.machines.get(machine.metadata.name);
      if (now !== undefined && isIdle(now)) await storePowerState(now, state, deps);
    } finally {
      await driver.close();
    }
  } catch (error) {
    if (signal.aborted) return;
    log.debug({ machine: machine.metadata.name, error: messageOf(error) }, 'power state not readable');
    await storePowerState(machine, 'Unknown', deps).catch(() => undefined);
  }
}
