import type { Clock } from '../../domain/clock.ts';
import type { CodedError } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { PowerDriver, PowerState } from './driver.ts';
import { isPowerError, type PowerErrorCode, powerError } from './errors.ts';
import {
  decide,
  type PowerOutcome,
  type PowerRequest,
  type PowerStep,
  type PowerTimings,
  type Progress,
  stepsOf,
} from './steps.ts';

export interface ExecutorDeps {
  clock: Clock;
  log: Logger;
  /** Resolves after `ms`; rejects with the signal's reason. */
  delay(ms: number, signal: AbortSignal): Promise<void>;
  /** Makes the step survive a crash, before its effect. Throws if another rack took the request over. */
  record(step: PowerStep): Promise<void>;
  timings: PowerTimings;
}

/**
 * Carries out one power request against one BMC: look, act, poll until it is seen.
 *
 * A BMC that refuses, or a machine that does not obey, is an outcome. The driver stays open: who made it closes it.
 *
 * @param resumeFrom the last recorded step of this request, after a crash; undefined for a new request.
 * @throws what `deps.record` throws, and the signal's reason when it is aborted.
 */
export async function executePowerRequest(
  asked: PowerRequest,
  resumeFrom: PowerStep | undefined,
  driver: PowerDriver,
  deps: ExecutorDeps,
  signal: AbortSignal,
): Promise<PowerOutcome> {
  const log = deps.log.child({ powerRequest: asked.id, action: asked.action });
  if (asked.action === 'Status') return await look(driver, deps, signal);
  const request = within(driver, asked);
  let progress = begin(request, resumeFrom, deps.clock.now());
  let seen: PowerState = 'Unknown';
  const retries = createRetries(deps);

  const enter = async (step: PowerStep, returned = progress.returned): Promise<void> => {
    signal.throwIfAborted();
    await deps.record(step);
    log.info({ step }, 'power step');
    progress = { request, step, resumed: false, since: deps.clock.now(), returned };
    retries.reset();
  };

  if (!progress.resumed) await enter(progress.step);
  for (;;) {
    signal.throwIfAborted();
    try {
      seen = await driver.status(signal);
      const decision = decide(progress, seen, deps.clock.now(), deps.timings);
      switch (decision.kind) {
        case 'succeed':
          return { outcome: 'Succeeded', state: seen, message: decision.message + remark(asked, request) };
        case 'fail':
          return failed(powerError(decision.reason, decision.seen), progress.step, seen);
        case 'advance':
          await enter(decision.to, decision.returned);
          break;
        case 'wait':
          await deps.delay(deps.timings.pollMs, signal);
          break;
        case 'command':
          log.info({ step: decision.step, seen }, 'power command');
          await command(decision.step, request, driver, signal);
          progress = commanded(progress, deps.clock.now());
      }
    } catch (thrown) {
      if (signal.aborted || !isPowerError(thrown)) throw thrown;
      const pause = retries.pauseAfter(thrown);
      if (pause === undefined && progress.step === 'SoftOff' && thrown.code !== 'BmcUnreachable') {
        log.info({ code: thrown.code }, 'the BMC cannot ask for a soft off');
        await enter('Off');
        continue;
      }
      if (pause === undefined) return failed(thrown, progress.step, seen);
      log.warn({ step: progress.step, code: thrown.code, pauseMs: pause }, thrown.message);
      await deps.delay(pause, signal);
    }
  }
}

/** A look that a person asked for: retried as commands are. */
async function look(driver: PowerDriver, deps: ExecutorDeps, signal: AbortSignal): Promise<PowerOutcome> {
  const retries = createRetries(deps);
  for (;;) {
    const { state, error } = await readPowerState(driver, signal);
    if (error === undefined) return { outcome: 'Succeeded', state, message: `the BMC says ${state}` };
    const pause = retries.pauseAfter(error);
    if (pause === undefined)
      return { outcome: 'Failed', state, reason: error.code, message: `power status: ${error.message}` };
    await deps.delay(pause, signal);
  }
}

/**
 * One look at the power state, for polling. A BMC that does not answer is a value: `Unknown`, with the error.
 * @throws the signal's reason when it is aborted.
 */
export async function readPowerState(
  driver: PowerDriver,
  signal: AbortSignal,
): Promise<{ state: PowerState; error?: CodedError<PowerErrorCode> }> {
  try {
    return { state: await driver.status(signal) };
  } catch (thrown) {
    if (signal.aborted || !isPowerError(thrown)) throw thrown;
    return { state: 'Unknown', error: thrown };
  }
}

/** The request as the driver can carry it out: UEFI's HTTP boot is a network boot too, and hard is off too. */
function within(
  { bootDevices: can, softOff }: PowerDriver,
  { boot, mode, ...rest }: PowerRequest,
): PowerRequest {
  const request: PowerRequest = mode === 'Soft' && softOff !== undefined ? { ...rest, mode } : rest;
  const usable = boot === 'UefiHttp' && !can.has(boot) ? 'Network' : boot;
  return usable !== undefined && can.has(usable) ? { ...request, boot: usable } : request;
}

function remark(asked: PowerRequest, { boot }: PowerRequest): string {
  if (asked.boot === undefined || asked.action === 'Off' || boot !== undefined) return '';
  return `; its power controller cannot set the boot device, so the boot order of its firmware decides`;
}

function begin(request: PowerRequest, resumeFrom: PowerStep | undefined, now: number): Progress {
  const steps = stepsOf(request);
  const step = steps.find((known) => known === resumeFrom) ?? steps[0] ?? 'On';
  return { request, step, resumed: step === resumeFrom, since: now, returned: false };
}

/** The machine's own time begins with the first command: it may have stood in the queue of those that are turned on. */
function commanded(progress: Progress, now: number): Progress {
  const since = progress.commandedAt === undefined ? now : progress.since;
  return { ...progress, resumed: false, commandedAt: now, since };
}

function command(
  step: PowerStep,
  request: PowerRequest,
  driver: PowerDriver,
  signal: AbortSignal,
): Promise<void> {
  switch (step) {
    case 'SoftOff':
      return driver.softOff?.(signal) ?? Promise.resolve();
    case 'Off':
      return driver.off(signal);
    case 'BootDevice':
      return request.boot === undefined ? Promise.resolve() : driver.setBootDevice(request.boot, signal);
    case 'On':
      return driver.on(signal);
  }
}

function failed(error: CodedError<PowerErrorCode>, step: PowerStep, state: PowerState): PowerOutcome {
  return { outcome: 'Failed', state, reason: error.code, message: `power step ${step}: ${error.message}` };
}

interface Retries {
  /** @returns how long to wait before looking again, or undefined when it is no use or the budget is spent. */
  pauseAfter(error: CodedError<PowerErrorCode>): number | undefined;
  reset(): void;
}

function createRetries(deps: ExecutorDeps): Retries {
  const { clock, timings } = deps;
  let failingSince: number | undefined;
  let pause = timings.retryFirstMs;
  return {
    pauseAfter(error) {
      if (!error.retryable) return undefined;
      failingSince ??= clock.now();
      const { retryBudgetMs, unreachableBudgetMs = retryBudgetMs } = timings;
      const budget = error.code === 'BmcUnreachable' ? unreachableBudgetMs : retryBudgetMs;
      if (clock.now() + pause - failingSince > budget) return undefined;
      const taken = pause;
      pause = Math.min(pause * 2, timings.retryLongestMs);
      return taken;
    },
    reset() {
      failingSince = undefined;
      pause = timings.retryFirstMs;
    },
  };
}
