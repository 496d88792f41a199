import type { BootDevice, PowerState } from './driver.ts';
import type { PowerErrorCode } from './errors.ts';

/** What a person or a controller asks for. `Cycle` is Off, then On; `Status` only looks. */
export type PowerAction = 'On' | 'Off' | 'Cycle' | 'Status';

/** The step being carried out: recorded before its effect, so that a restart goes on from it. */
export type PowerStep = 'SoftOff' | 'Off' | 'BootDevice' | 'On';

export interface PowerRequest {
  id: string;
  action: PowerAction;
  /** How it is switched off: `Soft` asks the OS, and goes on the hard way when it does not obey. Default: `Hard`. */
  mode?: 'Soft' | 'Hard';
  /** Overrides the device of the next boot, once. Meaningless with `Off`. */
  boot?: BootDevice;
}

export interface PowerOutcome {
  outcome: 'Succeeded' | 'Failed';
  /** What the BMC said last. */
  state: PowerState;
  reason?: PowerErrorCode;
  /** For a person: what was done, or what failed and what to try. */
  message: string;
}

/** Milliseconds. */
export interface PowerTimings {
  /** Between two looks at the power state while waiting for it to change. */
  pollMs: number;
  /** From the begin of a step until the machine must have reached its state. */
  stateTimeoutMs: number;
  /** For an OS to obey a soft off. */
  softOffMs: number;
  /** A command that the BMC took but that shows no effect is given again after this; the state is looked at first. */
  recommandMs: number;
  /** For how long errors that may pass (busy, unreachable) are retried in one step. */
  retryBudgetMs: number;
  /** The same for a BMC that does not answer at all. Default: `retryBudgetMs`. */
  unreachableBudgetMs?: number;
  /** First and longest pause of the exponential backoff between such retries. */
  retryFirstMs: number;
  retryLongestMs: number;
}

/** For real BMCs. */
export const defaultPowerTimings: PowerTimings = {
  pollMs: 3_000,
  stateTimeoutMs: 120_000,
  softOffMs: 90_000,
  recommandMs: 30_000,
  retryBudgetMs: 90_000,
  retryFirstMs: 1_000,
  retryLongestMs: 16_000,
};

/** How far a request is. */
export interface Progress {
  request: PowerRequest;
  step: PowerStep;
  /** True until the step's first command: the step was begun by a process that is no more. */
  resumed: boolean;
  /** When the step began here. */
  since: number;
  /** When the BMC took the step's command; undefined: not in this process. */
  commandedAt?: number;
  /** True when a Cycle found the machine on after it was off, and has already gone back to Off for it. */
  returned: boolean;
}

/** What is to be done next. */
export type Decision =
  | { kind: 'command'; step: PowerStep }
  | { kind: 'advance'; to: PowerStep; returned?: boolean }
  | { kind: 'wait' }
  | { kind: 'succeed'; message: string }
  | { kind: 'fail'; reason: PowerErrorCode; seen: string };

/** The steps of a request, in order. */
export function stepsOf(request: PowerRequest): PowerStep[] {
  const off: PowerStep[] = request.mode === 'Soft' ? ['SoftOff', 'Off'] : ['Off'];
  switch (request.action) {
    case 'Status':
      return [];
    case 'Off':
      return off;
    case 'On':
      return request.boot === undefined ? ['On'] : ['BootDevice', 'On'];
    case 'Cycle':
      return request.boot === undefined ? [...off, 'On'] : [...off, 'BootDevice', 'On'];
  }
}

/**
 * What to do, now that the BMC says `seen`. Pure.
 *
 * On and Off ask for a state and change nothing in a machine that has it, so giving them again after a look is safe; a
 * reset is never used. `On` is recorded before it is given: a machine that is on in step `On` was turned on by this
 * request and is left alone.
 */
export function decide(progress: Progress, seen: PowerState, now: number, timings: PowerTimings): Decision {
  switch (progress.step) {
    case 'SoftOff':
      return decideSoftOff(progress, seen, now, timings);
    case 'Off':
      return decideOff(progress, seen, now, timings);
    case 'BootDevice':
      return decideBootDevice(progress, seen, now, timings);
    case 'On':
      return decideOn(progress, seen, now, timings);
  }
}

/** Asked once: an OS that shows people a question would ask it again. */
function decideSoftOff(progress: Progress, seen: PowerState, now: number, timings: PowerTimings): Decision {
  const isAsked = progress.commandedAt !== undefined || progress.resumed;
  if (seen === 'Off')
    return afterOff(progress, isAsked ? 'the machine switched itself off' : 'the machine was off already');
  if (now - progress.since >= timings.softOffMs) return { kind: 'advance', to: 'Off' };
  return !isAsked && seen === 'On' ? { kind: 'command', step: 'SoftOff' } : { kind: 'wait' };
}

function decideOff(progress: Progress, seen: PowerState, now: number, timings: PowerTimings): Decision {
  if (seen !== 'Off') return commandOrWait(progress, seen, now, timings);
  const { request } = progress;
  if (request.mode === 'Soft')
    return afterOff(progress, 'the machine did not obey a soft off; it is off the hard way');
  return afterOff(
    progress,
    progress.commandedAt === undefined ? 'the machine was off already' : 'the machine is off',
  );
}

function afterOff({ request }: Progress, message: string): Decision {
  if (request.action === 'Off') return { kind: 'succeed', message };
  return { kind: 'advance', to: request.boot === undefined ? 'On' : 'BootDevice' };
}

function decideBootDevice(
  progress: Progress,
  seen: PowerState,
  now: number,
  timings: PowerTimings,
): Decision {
  const { request } = progress;
  if (seen === 'Off') {
    return progress.commandedAt === undefined
      ? { kind: 'command', step: 'BootDevice' }
      : { kind: 'advance', to: 'On' };
  }
  if (seen === 'Unknown') return waitOrFail(progress, seen, now, timings, 'Off');
  if (request.action === 'On') {
    return { kind: 'succeed', message: 'the machine was on already; its boot device was left alone' };
  }
  if (progress.returned) {
    return {
      kind: 'fail',
      reason: 'PowerStateTimeout',
      seen: 'the machine turned itself on twice while it was to be off for setting its boot device',
    };
  }
  return { kind: 'advance', to: 'Off', returned: true };
}

function decideOn(progress: Progress, seen: PowerState, now: number, timings: PowerTimings): Decision {
  const { request } = progress;
  if (seen === 'On') {
    return {
      kind: 'succeed',
      message:
        progress.commandedAt === undefined && !progress.resumed && request.action === 'On'
          ? 'the machine was on already'
          : 'the machine is on',
    };
  }
  if (seen === 'Unknown' && progress.commandedAt === undefined) {
    return waitOrFail(progress, seen, now, timings, 'On');
  }
  // Whether the lost process turned it on, and its boot used up the override, is not known: it is set again.
  if (progress.resumed && request.boot !== undefined) return { kind: 'advance', to: 'BootDevice' };
  return commandOrWait(progress, seen, now, timings);
}

function commandOrWait(progress: Progress, seen: PowerState, now: number, timings: PowerTimings): Decision {
  const due = progress.commandedAt === undefined || now - progress.commandedAt >= timings.recommandMs;
  const wanted = progress.step === 'Off' ? 'Off' : 'On';
  const waited = waitOrFail(progress, seen, now, timings, wanted);
  return due && waited.kind === 'wait' ? { kind: 'command', step: progress.step } : waited;
}

function waitOrFail(
  progress: Progress,
  seen: PowerState,
  now: number,
  timings: PowerTimings,
  wanted: PowerState,
): Decision {
  const waited = now - progress.since;
  if (waited < timings.stateTimeoutMs) return { kind: 'wait' };
  return {
    kind: 'fail',
    reason: 'PowerStateTimeout',
    seen: `wanted ${wanted}, the BMC says ${seen} after ${Math.round(waited / 1000)} s`,
  };
}
