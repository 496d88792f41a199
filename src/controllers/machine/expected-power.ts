import type { ConditionUpdate } from '../../api/conditions.ts';
import { findCondition } from '../../api/conditions.ts';
import { isLocked } from '../../api/machine/locked.ts';
import type { EventNote, OwnedStatus, Verdict } from './decision.ts';
import { adopter, hasPower, isHeld, type Observed, statusOf } from './observed.ts';
import { followPower, powerRequest } from './power.ts';
import { type PowerReason, powerReasons } from './reasons.ts';
import { timestamp } from './time.ts';
import type { MachineTimings } from './timings.ts';

/** What follows from how the machine's power shall be. */
export interface PowerExpectation {
  patch: Partial<OwnedStatus>;
  conditions: ConditionUpdate[];
  events: EventNote[];
  until?: number | undefined;
}

type Wish = NonNullable<OwnedStatus['powerWish']>;
type State = Wish['state'];

/**
 * How the power of an idle or a deployed machine shall be, against how it is. The owner's wish is given to the BMC once, when it
 * changes. Who switches the machine by hand after that is not fought: a condition and an Event say so. Pure.
 *
 * @param verdict of the phase, which goes first
 */
export function expectPower(
  observed: Observed,
  verdict: Verdict,
  now: number,
  timings: MachineTimings,
): PowerExpectation {
  const before = statusOf(observed);
  const { patch } = verdict;
  const phase = 'phase' in patch ? patch.phase : before.phase;
  const forget = before.powerWish === undefined ? {} : { powerWish: undefined };
  if (!hasPower(observed)) return { patch: forget, conditions: [], events: [] };
  if (phase === 'Deployed') return ofDeployed(observed, verdict, now, timings);
  // Who asked for logins in the ephemeral OS left it on.
  const isIdle = phase === 'Ready' && (patch.task ?? before.task)?.enableSsh !== true;
  const compared = isIdle
    ? compare(observed, verdict, { state: 'Off', why: 'Nobody uses the machine' }, now, timings)
    : { conditions: [], events: [] };
  return { patch: forget, ...compared };
}

function ofDeployed(
  observed: Observed,
  verdict: Verdict,
  now: number,
  timings: MachineTimings,
): PowerExpectation {
  const { allocation, machine } = observed;
  const { powerWish, phase } = statusOf(observed);
  const uid = allocation?.metadata.uid;
  const isOwned = isHeld(observed) || adopter(observed) !== undefined;
  if (allocation === undefined || uid === undefined || !isOwned)
    return { patch: {}, conditions: [], events: [] };
  const { namespace, name, generation = 0 } = allocation.metadata;
  const wished: Wish = { state: allocation.spec.powerState ?? 'On', allocationUid: uid };
  const why = `Allocation ${namespace}/${name} wants it so`;
  const id = `${uid}-${generation}-${wished.state}`;
  const expected = { state: wished.state, why, id };
  // It is on when it comes out of its installation.
  const given = powerWish?.allocationUid === uid ? powerWish.state : 'On';
  if (given === wished.state) {
    const patch = powerWish?.allocationUid === uid ? {} : { powerWish: wished };
    return { patch, ...compare(observed, verdict, expected, now, timings) };
  }
  const standing = compare(observed, verdict, { ...expected, state: given }, now, timings);
  const power = followPower(observed, now, timings);
  const isBusy =
    verdict.state === 'Reconciling' || phase !== 'Deployed' || 'power' in verdict.patch || isLocked(machine);
  if (isBusy) return { patch: {}, ...standing };
  if (power.kind === 'Waiting') return { patch: {}, ...standing, until: power.until };
  const request = powerRequest(id, wished.state, now);
  const message = `Allocation ${namespace}/${name} wants the machine ${wished.state.toLowerCase()}.`;
  return {
    patch: {
      powerWish: wished,
      power: { request: wished.state === 'Off' ? { ...request, mode: 'Soft' } : request },
    },
    conditions: [condition('Unknown', 'PowerChanging')],
    events: [{ type: 'Normal', reason: 'PowerWished', message }],
  };
}

function compare(
  observed: Observed,
  { patch }: Verdict,
  expected: { state: State; why: string; id?: string },
  now: number,
  timings: MachineTimings,
): Pick<PowerExpectation, 'conditions' | 'events'> {
  const { powerState: seen, power, conditions } = statusOf(observed);
  const before = findCondition(conditions, 'PowerAsExpected');
  if ('power' in patch || followPower(observed, now, timings).kind === 'Waiting')
    return { conditions: [condition('Unknown', 'PowerChanging')], events: [] };
  if (seen !== 'On' && seen !== 'Off')
    return { conditions: [condition('Unknown', 'PowerNotSeen')], events: [] };
  if (seen === expected.state) {
    const events =
      before?.status === 'False' ? [note('Normal', 'PowerAsExpected', powerReasons.PowerAsExpected)] : [];
    return { conditions: [condition('True', 'PowerAsExpected')], events };
  }
  const { request, result } = power ?? {};
  const isRefused =
    request !== undefined &&
    request.id === expected.id &&
    result?.id === request.id &&
    result.outcome === 'Failed';
  const reason = isRefused ? 'PowerOrderFailed' : seen === 'Off' ? 'SwitchedOff' : 'SwitchedOn';
  const isSame = before?.status === 'False' && before.reason === reason;
  const since = isSame ? (sinceIn(before.message) ?? before.lastTransitionTime) : timestamp(now);
  const failed = isRefused ? ` ${result?.message ?? ''}` : '';
  const message = `${powerReasons[reason]} Expected ${expected.state} (${expected.why}), seen ${seen} since ${since}.${failed}`;
  return {
    conditions: [{ type: 'PowerAsExpected', status: 'False', reason, message: message.slice(0, 2048) }],
    events: isSame ? [] : [note('Warning', reason, message.slice(0, 1024))],
  };
}

/** The moment in a message of this file: the condition's own time says less when only its reason changed. */
function sinceIn(message: string): string | undefined {
  return / since (\S+Z)\./.exec(message)?.[1];
}

function condition(status: ConditionUpdate['status'], reason: PowerReason): ConditionUpdate {
  return { type: 'PowerAsExpected', status, reason, message: powerReasons[reason] };
}

function note(type: EventNote['type'], reason: string, message: string): EventNote {
  return { type, reason, message };
}
