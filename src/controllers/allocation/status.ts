import { isDeepStrictEqual } from 'node:util';
import type { Allocation, AllocationStatus } from '../../api/allocation/schema.ts';
import {
  type ConditionUpdate,
  findCondition,
  isTrue,
  mergeConditions,
  readiness,
} from '../../api/conditions.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { isAway } from '../../domain/lifecycle/phases.ts';
import { type AllocationReason, allocationReasons } from './reasons.ts';

/** An Allocation's status but for what follows from the conditions. */
export type StatusPart = Omit<AllocationStatus, 'conditions' | 'observedGeneration'>;

/** The whole status: everything that this controller owns, and it owns it all. */
export function statusWith(
  allocation: Allocation,
  part: StatusPart,
  updates: readonly ConditionUpdate[],
  now: number,
): AllocationStatus {
  const { generation } = allocation.metadata;
  return {
    ...part,
    observedGeneration: generation,
    conditions: mergeConditions(allocation.status?.conditions, updates, generation, now),
  };
}

/** Whether writing it would change anything. */
export function isNews(allocation: Allocation, status: AllocationStatus): boolean {
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? {}));
  return !isDeepStrictEqual(plain(allocation.status), plain(status));
}

/** The first conditions: nothing is known yet. */
export function unknown(): ConditionUpdate[] {
  const [ready, ...others] = readiness('Reconciling', 'Pending', allocationReasons.Pending);
  return ready === undefined ? others : [{ ...ready, status: 'Unknown' }, ...others];
}

/** Readiness with the message of the table, unless another is given. */
export function stateOf(
  state: 'Ready' | 'Reconciling' | 'Stalled',
  reason: AllocationReason,
  message: string = allocationReasons[reason],
): ConditionUpdate[] {
  return readiness(state, reason, message);
}

const phaseOfMachine = {
  Ready: 'Bound',
  Allocated: 'Bound',
  Deploying: 'Deploying',
  Deployed: 'Deployed',
  DeploymentFailed: 'Failed',
  Releasing: 'Releasing',
  Erasing: 'Releasing',
} as const satisfies Partial<
  Record<NonNullable<NonNullable<Machine['status']>['phase']>, AllocationStatus['phase']>
>;

function allocationPhase(machine: Machine): NonNullable<AllocationStatus['phase']> {
  const { returnTo, phase: at } = machine.status ?? {};
  // Tested or rescued, it is his as it was before.
  const phase = isAway(at) ? (returnTo?.phase ?? 'Deployed') : at;
  for (const [of, mirrored] of Object.entries(phaseOfMachine)) if (of === phase) return mirrored;
  return 'Failed';
}

/**
 * What an Allocation says while it holds a machine: the machine's phase, addresses and readiness.
 *
 * @param now milliseconds since the epoch
 */
export function mirror(allocation: Allocation, machine: Machine, now: number): AllocationStatus {
  const { boundAt, deployedAt } = allocation.status ?? {};
  const phase = allocationPhase(machine);
  const at = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const deployed = deployedAt ?? (phase === 'Deployed' ? at : undefined);
  const addresses = machine.status?.addresses?.map(({ address }) => address) ?? [];
  const part: StatusPart = {
    phase,
    machine: machine.metadata.name,
    ...(machine.metadata.uid === undefined ? {} : { machineUid: machine.metadata.uid }),
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(machine.status?.powerState === undefined ? {} : { powerState: machine.status.powerState }),
    boundAt: boundAt ?? at,
    ...(deployed === undefined ? {} : { deployedAt: deployed }),
  };
  const updates = [
    ...mirrorConditions(machine, phase),
    ...mirrorLate(machine, phase),
    ...mirrorPower(machine),
  ];
  return statusWith(allocation, part, updates, now);
}

/** How far the machine is, and what is late: who waits for it may have no right to look at Machines. */
function mirrorLate(machine: Machine, phase: AllocationStatus['phase']): ConditionUpdate[] {
  const late = findCondition(machine.status?.conditions, 'Late');
  const told = phase === 'Deploying' || phase === 'Deployed' || late?.status === 'True';
  if (late === undefined || !told) return [];
  const { type, status, reason, message } = late;
  return [{ type, status, reason, message }];
}

/** Whether the deployed machine is on, or off, as its owner wants it. */
function mirrorPower({ status: of }: Machine): ConditionUpdate[] {
  const power = findCondition(of?.conditions, 'PowerAsExpected');
  if (power === undefined || of?.phase !== 'Deployed') return [];
  const { type, status, reason, message } = power;
  return [{ type, status, reason, message }];
}

function mirrorConditions(machine: Machine, phase: AllocationStatus['phase']): ConditionUpdate[] {
  const conditions = machine.status?.conditions;
  const ready = findCondition(conditions, 'Ready');
  const settled = machine.status?.observedGeneration !== undefined && ready !== undefined;
  // A machine that is Ready for an Allocation has not yet noticed that it has one.
  if (!settled || machine.status?.phase === 'Ready') return stateOf('Reconciling', 'Bound');
  if (phase === 'Deployed' && ready.status === 'True') return readiness('Ready', ready.reason, ready.message);
  const stalled = isTrue(conditions, 'Stalled') || phase === 'Failed';
  const late = findCondition(conditions, 'Late');
  const message = late?.status === 'True' && !stalled ? `${ready.message} ${late.message}` : ready.message;
  return readiness(stalled ? 'Stalled' : 'Reconciling', ready.reason, message);
}
