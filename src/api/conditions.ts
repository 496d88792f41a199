import type { Condition } from './fields.ts';

/** The condition types that kstatus, Flux, Argo CD and `kubectl wait` understand, on every kind that has a status. */
export type CommonConditionType = 'Ready' | 'Reconciling' | 'Stalled';

export interface ConditionUpdate {
  type: string;
  status: Condition['status'];
  reason: string;
  message: string;
}

/**
 * The new list of a manager's conditions. The transition time moves only when the status does, so that writing the same
 * thing twice is no change.
 *
 * @param now milliseconds since the epoch
 */
export function mergeConditions(
  current: readonly Condition[] | undefined,
  updates: readonly ConditionUpdate[],
  observedGeneration: number | undefined,
  now: number,
): Condition[] {
  return updates.map((update) => {
    const before = current?.find((condition) => condition.type === update.type);
    const lastTransitionTime =
      before !== undefined && before.status === update.status
        ? before.lastTransitionTime
        : `${new Date(now).toISOString().slice(0, 19)}Z`;
    return {
      ...update,
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
      lastTransitionTime,
    };
  });
}

/**
 * `Ready`, `Reconciling` and `Stalled` that agree with one another: ready; on the way; or waiting for a person.
 */
export function readiness(
  state: 'Ready' | 'Reconciling' | 'Stalled',
  reason: string,
  message: string,
): ConditionUpdate[] {
  const of = (type: CommonConditionType, status: boolean): ConditionUpdate => ({
    type,
    status: status ? 'True' : 'False',
    reason,
    message,
  });
  return [
    of('Ready', state === 'Ready'),
    of('Reconciling', state === 'Reconciling'),
    of('Stalled', state === 'Stalled'),
  ];
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}
