import type { Logger } from '../../../log/logger.ts';
import { delay } from '../delay.ts';
import type { PowerDriver } from '../driver.ts';
import type { PowerErrorCode } from '../errors.ts';
import { executePowerRequest } from '../executor.ts';
import type { PowerOutcome, PowerRequest, PowerTimings } from '../steps.ts';

/** How a request must end, whatever the fault: done, or with the name of what is wrong. */
export type Expected = 'Succeeded' | PowerErrorCode;

/** Long enough on a busy computer for what must happen; short where the wait itself is what must end. */
function timingsFor(expected: Expected): PowerTimings {
  return {
    ...{ pollMs: 20, softOffMs: 1_000, recommandMs: 30_000, retryFirstMs: 20, retryLongestMs: 200 },
    stateTimeoutMs: expected === 'PowerStateTimeout' ? 4_000 : 20_000,
    retryBudgetMs: expected === 'Succeeded' ? 15_000 : 1_000,
  };
}

/** What a request ended with, and every line that was logged on the way, before anything is redacted. */
export interface FaultRun {
  outcome: PowerOutcome;
  ended: Expected;
  lines: string[];
}

/** Carries a request out against a BMC with a fault, as the rack does, and closes the driver. */
export async function runUnderFault(
  open: (log: Logger) => PowerDriver,
  request: Omit<PowerRequest, 'id'>,
  expected: Expected,
): Promise<FaultRun> {
  const lines: string[] = [];
  const log = recorder(lines);
  const driver = open(log);
  const timings = timingsFor(expected);
  const deps = { clock: { now: Date.now }, log, delay, record: async () => {}, timings };
  try {
    const signal = AbortSignal.timeout(60_000);
    const outcome = await executePowerRequest({ id: 'r', ...request }, undefined, driver, deps, signal);
    const ended = outcome.outcome === 'Succeeded' ? 'Succeeded' : (outcome.reason ?? 'PowerStateTimeout');
    return { outcome, ended, lines };
  } finally {
    await driver.close();
  }
}

function recorder(lines: string[]): Logger {
  const write = (fields: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { debug: write, info: write, warn: write, error: write, child: () => recorder(lines) };
}
