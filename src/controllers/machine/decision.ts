import type { AllocationReference, MachineStatus } from '../../api/machine/status.ts';
import type { CloneParameters } from '../../api/machine-action/schema.ts';
import type { MachineReason } from './reasons.ts';

/** The status fields that the machine controller owns. `power.result` is the rack's, so power is the request alone. */
export type OwnedStatus = Pick<
  MachineStatus,
  | 'observedGeneration'
  | 'phase'
  | 'phaseSince'
  | 'step'
  | 'stepSince'
  | 'conditions'
  | 'timeline'
  | 'failure'
  | 'returnTo'
  | 'locked'
  | 'hardware'
  | 'addresses'
  | 'release'
  | 'boot'
  | 'task'
  | 'action'
  | 'commissioned'
  | 'phoneHomeTokenHash'
  | 'powerWish'
> & { power?: Pick<NonNullable<MachineStatus['power']>, 'request'> | undefined };

/** An Event to emit once the status that it tells of is written. */
export interface EventNote {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** When it happened, milliseconds since the epoch. Default: now. */
  at?: number | undefined;
}

/** How long a step of a boot took; the words are of closed lists. */
export interface StepMeasure {
  phase: string;
  step: string;
  firmware: string;
  seconds: number;
}

/** What has to be done, or be so, before the status is written. */
export type Command =
  /** Makes the seed Secret, and has the decision made again with what came of it. */
  | { kind: 'EnsureSeed'; rackUrl: string }
  /** Removes the seed Secret, if it is this Allocation's. */
  | { kind: 'DeleteSeed'; allocationUid: string }
  /** Asks the API server itself whether the Allocation goes; if not, nothing is written. */
  | { kind: 'ConfirmReleased'; allocation: AllocationReference }
  /** Copies fields of the machine's spec to others, and has the decision made again with what came of it. */
  | { kind: 'Clone'; action: string; uid: string; parameters: CloneParameters }
  /** Asks the API server itself whether the action still waits; if not, nothing is written. */
  | { kind: 'ConfirmAction'; name: string; uid: string };

/** What a phase says: fields to change, and how it stands. */
export interface Verdict {
  /** A field that is there and undefined is taken away; one that is not there stays. */
  patch: Partial<OwnedStatus>;
  state: 'Ready' | 'Reconciling' | 'Stalled';
  /** Of the machine's reasons, or the reason of a failure. */
  reason: MachineReason | (string & {});
  message: string;
  /** When to look again though nothing has changed: milliseconds since the epoch. */
  until?: number | undefined;
  events?: readonly EventNote[] | undefined;
  commands?: readonly Command[] | undefined;
}

/** What shall be so on the Machine's metadata. */
export interface MetaWish {
  finalizer: boolean;
  /** Value of the allocation annotation. */
  allocation: string | undefined;
}

/** What to do about a machine. */
export interface Decision {
  status: OwnedStatus;
  meta: MetaWish;
  events: readonly EventNote[];
  /** What the timeline has more than before: Events and measures, once the status that tells of it is written. */
  told?: { events: readonly EventNote[]; measures: readonly StepMeasure[] } | undefined;
  commands: readonly Command[];
  requeueAfterMs: number | undefined;
}
