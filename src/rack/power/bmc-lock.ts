import type { Clock } from '../../domain/clock.ts';
import type { HealthLook, PowerDriver } from './driver.ts';
import { createTurnOns, type TurnOnLimit } from './turn-ons.ts';
import { waitFor } from './wait-for.ts';

/** Milliseconds between the end of one command to a BMC and the begin of the next. */
export interface BmcPacing {
  /** Before a command that changes something, since the last one that did: many BMCs crash when they are hurried. */
  changeMs: number;
  /** Before any command, since the last one. */
  queryMs: number;
  /** Between two machines of the whole rack being turned on: all at once, their inrush current trips breakers. */
  inrushMs: number;
  /** How many machines of the rack are turned on in how long. Default: no limit. */
  turnOnLimit?: TurnOnLimit | undefined;
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
   * @param admit asked when the turn has come, before any pause: throws to give the turn to the next
   * @throws what `work` and `admit` throw; the signal's reason when it is aborted while waiting.
   */
  run<T>(
    address: string,
    kind: BmcCommandKind,
    work: () => Promise<T>,
    signal: AbortSignal,
    admit?: () => void,
  ): Promise<T>;
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
  const turnOns = createTurnOns(deps);

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
    const { changeMs, queryMs } = deps.pacing;
    const earliest = Math.max(lane.lastAny + queryMs, kind === 'query' ? 0 : lane.lastChange + changeMs);
    const wait = earliest - deps.clock.now();
    // A wall clock that was set back must not hold a BMC for hours.
    if (wait > 0) await deps.delay(Math.min(wait, Math.max(changeMs, queryMs)), signal);
    if (kind === 'turn-on') await turnOns.pass(signal);
  };

  return {
    async run(address, kind, work, signal, admit) {
      const lane = laneOf(address);
      const before = lane.tail;
      const turn = Promise.withResolvers<void>();
      lane.tail = turn.promise;
      lane.waiting++;
      try {
        await waitFor(before, signal);
        admit?.();
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
  const health = driver.health?.bind(driver);
  return {
    bootDevices: driver.bootDevices,
    status: (signal) => lock.run(address, 'query', () => driver.status(signal), signal),
    on: (signal) => lock.run(address, 'turn-on', () => driver.on(signal), signal),
    off: (signal) => lock.run(address, 'change', () => driver.off(signal), signal),
    setBootDevice: (device, signal, source) =>
      lock.run(address, 'change', () => driver.setBootDevice(device, signal, source), signal),
    ...(driver.softOff === undefined
      ? {}
      : {
          softOff: (signal: AbortSignal) =>
            lock.run(address, 'change', async () => await driver.softOff?.(signal), signal),
        }),
    ...(driver.ejectMedia === undefined
      ? {}
      : {
          ejectMedia: (signal: AbortSignal) =>
            lock.run(address, 'change', async () => await driver.ejectMedia?.(signal), signal),
        }),
    ...(health === undefined
      ? {}
      : {
          health: (look: HealthLook, signal: AbortSignal) =>
            health({ ...look, turn: (work) => lock.run(address, 'query', work, signal) }, signal),
        }),
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
