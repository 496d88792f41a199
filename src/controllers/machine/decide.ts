import { isDeepStrictEqual } from 'node:util';
import { type ConditionUpdate, mergeConditions, readiness } from '../../api/conditions.ts';
import { healthConditions } from '../../api/machine/health.ts';
import type { MachinePhase } from '../../api/machine/phases.ts';
import { policyConditions } from '../../api/machine/policy.ts';
import { names } from '../../api/meta.ts';
import { mayMove } from '../../domain/lifecycle/transitions.ts';
import { bmcCondition } from '../bmc-setup/condition.ts';
import { controllerError } from '../errors.ts';
import { followAction, nextAction, takeAction } from './actions.ts';
import { addressesOf } from './addresses.ts';
import { availability } from './availability.ts';
import type { Decision, MetaWish, OwnedStatus, Verdict } from './decision.ts';
import { depart } from './deleting.ts';
import { expectPower } from './expected-power.ts';
import { adopter, formatReference, type Observed, statusOf } from './observed.ts';
import { allocated } from './phases/allocated.ts';
import { commissioning } from './phases/commissioning.ts';
import { deployed } from './phases/deployed.ts';
import { deploying } from './phases/deploying.ts';
import { enlisting } from './phases/enlisting.ts';
import { enteringRescue } from './phases/entering-rescue.ts';
import { erasing } from './phases/erasing.ts';
import { failed } from './phases/failed.ts';
import { newMachine } from './phases/new.ts';
import { noPhase } from './phases/no-phase.ts';
import { readyMachine } from './phases/ready.ts';
import { release } from './phases/release.ts';
import { releasing } from './phases/releasing.ts';
import { rescue } from './phases/rescue.ts';
import { testing } from './phases/testing.ts';
import { machineReasons } from './reasons.ts';
import { goingBack } from './return.ts';
import { timestamp } from './time.ts';
import { type Told, tellBoot } from './timeline/tell.ts';
import type { MachineTimings } from './timings.ts';

type PhaseFunction = (observed: Observed, now: number, timings: MachineTimings) => Verdict;

const phases: Readonly<Record<MachinePhase, PhaseFunction>> = {
  Enlisting: enlisting,
  New: newMachine,
  Commissioning: commissioning,
  CommissioningFailed: failed,
  Ready: readyMachine,
  Allocated: allocated,
  Deploying: deploying,
  DeploymentFailed: failed,
  Deployed: deployed,
  Releasing: releasing,
  ReleaseFailed: failed,
  Erasing: erasing,
  EraseFailed: failed,
  Testing: testing,
  TestingFailed: failed,
  EnteringRescue: enteringRescue,
  RescueEntryFailed: failed,
  Rescue: rescue,
  ExitingRescue: goingBack,
  RescueExitFailed: failed,
  Broken: failed,
};

/**
 * What to do about a machine, from what is seen of it. Pure: the same world at the same time makes the same decision.
 *
 * @param now milliseconds since the epoch
 * @throws TransitionForbidden when a phase wants a way that the lifecycle does not have
 */
export function decide(observed: Observed, now: number, timings: MachineTimings): Decision {
  const departure = isGoing(observed) ? depart(observed, now, timings) : undefined;
  if (departure?.kind === 'Go') return letGo(observed, departure.events);
  const running = followAction(observed, now, timings);
  const isBusy = running?.until !== undefined || departure !== undefined;
  const next = isBusy || isClaimed(observed) ? undefined : nextAction(observed, now, timings);
  const verdict =
    departure?.verdict ??
    (next !== undefined && 'action' in next
      ? takeAction(observed, next.action, now, timings)
      : ordinary(observed, now, timings));
  const from = statusOf(observed).phase;
  const to = 'phase' in verdict.patch ? verdict.patch.phase : from;
  if (to !== undefined && !mayMove(from, to)) {
    throw controllerError(
      'TransitionForbidden',
      `${observed.machine.metadata.name}: ${from ?? 'none'} to ${to}`,
    );
  }
  const patch = { ...running?.patch, ...verdict.patch };
  const expected = expectPower(observed, { ...verdict, patch }, now, timings);
  const whole: Verdict = { ...verdict, patch: { ...patch, ...expected.patch } };
  const composed = compose(observed, whole, expected.conditions, now);
  const told = tellBoot(observed.machine, composed, whole, now, timings);
  const status = withTimeline(observed, composed, told, now);
  const meta = metaOf(observed);
  const waitsForPower = next !== undefined && 'until' in next ? next.until : undefined;
  const untils = [verdict.until, running?.until, waitsForPower, told.until, expected.until].filter(
    (until) => until !== undefined,
  );
  return {
    status,
    meta,
    events: [...(verdict.events ?? []), ...expected.events],
    told,
    commands: verdict.commands ?? [],
    requeueAfterMs: untils.length === 0 ? undefined : Math.max(0, Math.min(...untils) - now) + 1,
  };
}

/** Taken by an Allocation and not yet moved: an action that took it elsewhere now would leave that Allocation waiting for ever. */
function isClaimed(observed: Observed): boolean {
  const { allocation, phase } = statusOf(observed);
  return phase === 'Ready' && allocation !== undefined;
}

/** Deleted, and nobody holds it. */
function isGoing(observed: Observed): boolean {
  return observed.machine.metadata.deletionTimestamp !== undefined && !isHolding(observed);
}

/** Nothing is written but that the finalizer goes. */
function letGo(observed: Observed, events: Decision['events']): Decision {
  const { allocation } = metaOf(observed);
  const meta = { finalizer: false, allocation };
  return {
    ...{ status: ownedOf(observed), meta, events },
    ...{ commands: [], requeueAfterMs: undefined },
  };
}

function ordinary(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const { phase } = statusOf(observed);
  if (phase === undefined) return noPhase(observed);
  return release(observed, now) ?? phases[phase](observed, now, timings);
}

/** Conditions of a Machine that other managers write. */
const ofOthers: ReadonlySet<string> = new Set<string>([...policyConditions, ...healthConditions]);

/** The owned part of the present status. */
export function ownedOf({ machine }: Pick<Observed, 'machine'>): OwnedStatus {
  const { status = {} } = machine;
  const { power } = status;
  return dropUndefined({
    observedGeneration: status.observedGeneration,
    phase: status.phase,
    phaseSince: status.phaseSince,
    step: status.step,
    stepSince: status.stepSince,
    conditions: status.conditions?.filter(({ type }) => !ofOthers.has(type)),
    timeline: status.timeline,
    failure: status.failure,
    returnTo: status.returnTo,
    locked: status.locked,
    hardware: status.hardware,
    addresses: status.addresses,
    release: status.release,
    boot: status.boot,
    task: status.task,
    power: power?.request === undefined ? undefined : { request: power.request },
    action: status.action,
    commissioned: status.commissioned,
    phoneHomeTokenHash: status.phoneHomeTokenHash,
    powerWish: status.powerWish,
  });
}

/** Whether writing the status would change anything. */
export function isNews(observed: Observed, status: OwnedStatus): boolean {
  return !isDeepStrictEqual(plain(ownedOf(observed)), plain(status));
}

/** As it goes over the wire: without what is undefined. */
function plain(value: OwnedStatus): unknown {
  return JSON.parse(JSON.stringify(value));
}

function dropUndefined(status: OwnedStatus): OwnedStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
}

function compose(
  observed: Observed,
  verdict: Verdict,
  others: readonly ConditionUpdate[],
  now: number,
): OwnedStatus {
  const { machine, hardware } = observed;
  const before = ownedOf(observed);
  const { generation } = machine.metadata;
  const merged: OwnedStatus = { ...before, ...verdict.patch };
  const movedPhase = merged.phase !== before.phase || before.phaseSince === undefined;
  // A new boot in the step of the same name is a new step all the same.
  const movedStep =
    movedPhase || merged.step !== before.step || merged.boot?.generation !== before.boot?.generation;
  const updates: ConditionUpdate[] = [
    ...readiness(verdict.state, verdict.reason, verdict.message),
    availability(machine, merged.phase),
    ...deletion(observed),
    ...bmcCondition(machine),
    ...others,
  ];
  return dropUndefined({
    ...merged,
    observedGeneration: generation,
    ...(movedPhase ? { phaseSince: timestamp(now) } : {}),
    ...(movedStep ? { stepSince: timestamp(now) } : {}),
    ...(merged.step === undefined ? { stepSince: undefined } : {}),
    hardware: hardware ?? before.hardware,
    addresses: addressesOf(observed, merged.phase),
    conditions: mergeConditions(machine.status?.conditions, updates, generation, now),
  });
}

function withTimeline(observed: Observed, status: OwnedStatus, told: Told, now: number): OwnedStatus {
  const { metadata, status: before } = observed.machine;
  const late = mergeConditions(before?.conditions, told.conditions, metadata.generation, now);
  const conditions = [...(status.conditions ?? []), ...late];
  return dropUndefined({ ...status, timeline: told.timeline, conditions });
}

function isHolding(observed: Observed): boolean {
  return statusOf(observed).allocation !== undefined || adopter(observed) !== undefined;
}

function deletion(observed: Observed): ConditionUpdate[] {
  if (observed.machine.metadata.deletionTimestamp === undefined) return [];
  const { allocation } = statusOf(observed);
  const who =
    allocation === undefined ? 'An Allocation' : `Allocation ${allocation.namespace}/${allocation.name}`;
  return isHolding(observed)
    ? [
        {
          ...{ type: 'Deleting', status: 'False', reason: 'Held' },
          message: `${who} holds the machine: it goes once that is deleted.`,
        },
      ]
    : [{ type: 'Deleting', status: 'True', reason: 'SwitchingOff', message: machineReasons.Deleting }];
}

function metaOf(observed: Observed): MetaWish {
  const { machine } = observed;
  const { allocation, phase, failure } = statusOf(observed);
  const annotation = machine.metadata.annotations?.[names.allocation];
  // Without a status the annotation is all that is known: it stays until somebody has decided.
  const undecided = phase === undefined || (phase === 'Broken' && failure?.reason === 'AllocationLost');
  const keeps = undecided || adopter(observed) !== undefined;
  return {
    finalizer: true,
    allocation: allocation !== undefined ? formatReference(allocation) : keeps ? annotation : undefined,
  };
}
