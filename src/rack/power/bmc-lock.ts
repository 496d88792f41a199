import type { Clock } from '../../domain/clock.ts';
import type { PowerDriver } from './driver.ts';

/** Milliseconds between the end of one command to a BMC and the begin of the next. */
export interface BmcPacing {
  /** Before a command that changes something, since the last one that did: many BMCs crash when they are hurried. */
  changeMs: number;
  /** Before any command, since the last one. */
  queryMs: number;
  /** Between two machines of the whole rack being turned on: all at once, their inrush current trips breakers. */
  inrushMs: number;
}

/** For real BMCs. */
export const defaultBmcPacing: BmcPacing = { changeMs: 5_000, queryMs: 1_000, inrushMs: 200 };

/** `turn-on` is a change that also waits for its place among the turn-ons of all BMCs. */
export type BmcCommandKind = 'query' | 'change' | 'turn-on';

export interface BmcLockDeps {
  clock: Clock;
  delay(ms: number, signal: AbortSignal): Promise<void>;
  pacing: BmcPacing;
}

/** One command in flight for each BMC, with pauses between them. BMCs do not wait for one another. */
export interface BmcLock {
  /**
   * Runs `work` when its turn at this BMC has come. First come, first served.
   * @throws what `work` throws; the signal's reason when it is aborted while waiting.
   */
  run<T>(address: string, kind: BmcCommandKind, work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

interface Lane {
  tail: Promise<void>;
  waiting: number;
  lastAny: number;
  lastChange: number;
}

/** One for the whole rack: it holds the queue of every BMC. */
export function createBmcLock(deps: BmcLockDeps): BmcLock {
  const lanes = new Map<string, Lane>();
  let nextTurnOn = -Infinity;
  let turnOns = 0;

  const laneOf = (address: string): Lane => {
    const key = address.toLowerCase();
    const known = lanes.get(key);
    if (known !== undefined) return known;
    const lane: Lane = { tail: Promise.resolve(), waiting: 0, lastAny: -Infinity, lastChange: -Infinity };
    forgetIdle(lanes, deps);
    lanes.set(key, lane);
    return lane;
  };

  const pace = async (lane: Lane, kind: BmcCommandKind, signal: AbortSignal): Promise<void> => {
    const { changeMs, queryMs, inrushMs } = deps.pacing;
    const earliest = Math.max(lane.lastAny + queryMs, kind === 'query' ? 0 : lane.lastChange + changeMs);
    const wait = earliest - deps.clock.now();
    // A wall clock that was set back must not hold a BMC for hours.
    if (wait > 0) await deps.delay(Math.min(wait, Math.max(changeMs, queryMs)), signal);
    if (kind !== 'turn-on' || inrushMs <= 0) return;
    const now = deps.clock.now();
    // The same for the queue of those who wait for their turn-on, which is never longer than they are many.
    if (nextTurnOn > now + (turnOns + 1) * inrushMs) nextTurnOn = now;
    const place = Math.max(nextTurnOn, now);
    nextTurnOn = place + inrushMs;
    turnOns++;
    try {
      if (place > now) await deps.delay(place - now, signal);
    } finally {
      turnOns--;
    }
  };

  return {
    async run(address, kind, work, signal) {
      const lane = laneOf(address);
      const before = lane.tail;
      const turn = Promise.withResolvers<void>();
      lane.tail = turn.promise;
      lane.waiting++;
      try {
        await waitFor(before, signal);
        await pace(lane, kind, signal);
        signal.throwIfAborted();
        try {
          return await work();
        } finally {
          lane.lastAny = deps.clock.now();
          if (kind !== 'query') lane.lastChange = lane.lastAny;
        }
      } finally {
        lane.waiting--;
        // The next one's turn comes when everyone before it is done, also when this one gave up early.
        before.then(turn.resolve);
      }
    },
  };
}

/** A driver whose every command takes its turn in the lock. `close` does not wait: it must never hang. */
export function pacedDriver(driver: PowerDriver, address: string, lock: BmcLock): PowerDriver {
  return {
    bootDevices: driver.bootDevices,
    status: (signal) => lock.run(address, 'query', () => driver.status(signal), signal),
    on: (signal) => lock.run(address, 'turn-on', () => driver.on(signal), signal),
    off: (signal) => lock.run(address, 'change', () => driver.off(signal), signal),
    setBootDevice: (device, signal) =>
      lock.run(address, 'change', () => driver.setBootDevice(device, signal), signal),
    close: () => driver.close(),
  };
}

const idleLanes = 1_000;

function forgetIdle(lanes: Map<string, Lane>, deps: BmcLockDeps): void {
  if (lanes.size < idleLanes) return;
  const horizon = deps.clock.now() - Math.max(deps.pacing.changeMs, deps.pacing.queryMs);
  for (const [key, lane] of lanes) {
    if (lane.waiting === 0 && lane.lastAny < horizon) lanes.delete(key);
  }
}

async function waitFor(before: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([before, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
