import type { TaskEvent } from './contract.ts';
import type { Timing } from './time.ts';

/** How a task tells what it does. Never waits and never throws: reporting must not slow or fail the work. */
export interface Progress {
  /** @param step a word that names the part of the task, such as `Write` */
  report(step: string, message: string, percent?: number): void;
}

export interface ReporterDeps {
  timing: Timing;
  /** Delivers one event, however long that takes. */
  post(event: TaskEvent): Promise<void>;
  /** Shows it on the machine. */
  say(message: string): void;
  /** Longest time between two events, in milliseconds. */
  heartbeatMs: number;
}

export interface Reporter extends Progress {
  /** Delivers what is left, waiting `limitMs` at most, and stops the heartbeat. */
  close(limitMs: number): Promise<void>;
}

/**
 * Sends events one at a time and in order. Of the events that wait, two neighbours of the same step with a percentage
 * become one: a rack that was away learns the present state, not every tick. When nothing happens for `heartbeatMs` the last event
 * is repeated, so that a silent agent is a dead one.
 */
export function createReporter(deps: ReporterDeps): Reporter {
  const waiting: TaskEvent[] = [];
  const stop = new AbortController();
  let sequence = 0;
  let last: Pick<TaskEvent, 'step' | 'message' | 'percent'> | undefined;
  let shown = '';
  let sending: Promise<void> | undefined;

  const enqueue = (event: Pick<TaskEvent, 'step' | 'message' | 'percent'>): void => {
    const previous = waiting.at(-1);
    if (previous?.percent !== undefined && event.percent !== undefined && previous.step === event.step)
      waiting.pop();
    sequence += 1;
    waiting.push({ sequence, at: new Date(deps.timing.now()).toISOString(), ...event });
    sending ??= drain().finally(() => {
      sending = undefined;
    });
  };
  const drain = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await deps.post(next).catch(() => {});
    }
  };
  const beat = async (): Promise<void> => {
    for (;;) {
      const before = sequence;
      await deps.timing.sleep(deps.heartbeatMs, stop.signal);
      if (sequence === before && last !== undefined && waiting.length === 0) enqueue(last);
    }
  };
  const beating = beat().catch(() => {});

  return {
    report(step, message, percent) {
      const whole = percent === undefined ? {} : { percent: Math.min(100, Math.max(0, Math.floor(percent))) };
      last = { step, message: message.slice(0, 1000), ...whole };
      enqueue(last);
      const line = percent === undefined ? message : `${message} (${Math.floor(percent / 10) * 10} %)`;
      if (line !== shown) deps.say(line);
      shown = line;
    },
    async close(limitMs) {
      stop.abort();
      await beating;
      const limit = new AbortController();
      const late = deps.timing.sleep(limitMs, limit.signal).catch(() => {});
      await Promise.race([sending ?? Promise.resolve(), late]);
      limit.abort();
    },
  };
}
