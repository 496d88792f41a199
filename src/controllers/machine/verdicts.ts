import type { MachinePhase } from '../../api/machine/phases.ts';
import { failureMessage } from '../../domain/lifecycle/failures.ts';
import { failedPhaseOf } from '../../domain/lifecycle/phases.ts';
import type { Command, OwnedStatus, Verdict } from './decision.ts';
import { hasPower, type Observed, statusOf } from './observed.ts';
import { powerRequest } from './power.ts';
import { type MachineReason, machineReasons } from './reasons.ts';

interface Extra {
  patch?: Partial<OwnedStatus> | undefined;
  message?: string | undefined;
  until?: number | undefined;
  commands?: readonly Command[] | undefined;
}

function verdict(state: Verdict['state'], reason: MachineReason, extra: Extra = {}): Verdict {
  const { patch = {}, message = machineReasons[reason], until, commands } = extra;
  return { patch, state, reason, message, until, commands };
}

/** On the way; nobody has to do anything. */
export function reconciling(reason: MachineReason, extra?: Extra): Verdict {
  return verdict('Reconciling', reason, extra);
}

/** Waits for a person. */
export function stalled(reason: MachineReason, extra?: Extra): Verdict {
  return verdict('Stalled', reason, extra);
}

/** As it shall be. */
export function ready(reason: MachineReason, extra?: Extra): Verdict {
  return verdict('Ready', reason, extra);
}

/** As it stands, for a machine whose phase is not touched. */
export function standsAs(observed: Observed): Verdict {
  const { conditions = [], phase } = statusOf(observed);
  const found = conditions.find(({ type }) => type === 'Ready');
  const is = (wanted: string): boolean =>
    conditions.some(({ type, status }) => type === wanted && status === 'True');
  return {
    patch: {},
    state: found?.status === 'True' ? 'Ready' : is('Stalled') ? 'Stalled' : 'Reconciling',
    reason: found?.reason ?? phase ?? 'Unknown',
    message: found?.message ?? '',
  };
}

/** Goes on waiting for a person in a phase that has failed. */
export function failedAlready(observed: Observed, patch: Partial<OwnedStatus> = {}): Verdict {
  const { failure, phase } = statusOf(observed);
  return {
    patch,
    state: 'Stalled',
    reason: failure?.reason ?? phase ?? 'Failed',
    message: failure?.message ?? `The machine is ${phase ?? 'in a failed phase'}.`,
  };
}

export interface FailOptions {
  /** What was being done, as the first words of the message: `Installing`. */
  step: string;
  reason: string;
  /** What was observed, in words. */
  seen: string;
  /** Leave the machine on, for a person to look at. */
  leaveOn?: boolean;
  commands?: readonly Command[] | undefined;
}

/** Ends the phase in its failed phase: no boot token is issued any more, and the machine is switched off. */
export function fail(observed: Observed, now: number, options: FailOptions): Verdict {
  const status = statusOf(observed);
  const { phase } = status;
  const { step, reason, seen, leaveOn = false, commands } = options;
  const failed = failedPhase(phase);
  const message = failureMessage(step, reason, seen);
  return {
    patch: {
      phase: failed,
      step: undefined,
      failure: { reason, message },
      ...stopBoot(observed, now, leaveOn),
    },
    state: 'Stalled',
    reason,
    message,
    events: [{ type: 'Warning', reason, message }],
    commands,
  };
}

function failedPhase(phase: MachinePhase | undefined): MachinePhase {
  const found = Object.entries(failedPhaseOf).find(([from]) => from === phase);
  return found === undefined ? 'Broken' : found[1];
}

/** No more network boot in this generation and, unless told otherwise, the power off. */
export function stopBoot(observed: Observed, now: number, leaveOn = false): Partial<OwnedStatus> {
  const { boot } = statusOf(observed);
  if (boot === undefined) return {};
  const off = powerRequest(`g${boot.generation}-off`, 'Off', now);
  return {
    boot: { generation: boot.generation, target: 'Disk' },
    ...(boot.target === 'EphemeralOS' && !leaveOn && hasPower(observed) ? { power: { request: off } } : {}),
  };
}
