import type { ConditionUpdate } from '../../api/conditions.ts';
import type { Machine } from '../../api/machine/schema.ts';

/** The condition `BmcSetUp` of a machine whose BMC somebody tried to set up; none of any other. */
export function bmcCondition({ status }: Pick<Machine, 'status'>): ConditionUpdate[] {
  const { bmcSetup } = status ?? {};
  if (bmcSetup === undefined) return [];
  const { state, reason = state, message = '' } = bmcSetup;
  const is = state === 'Done' ? 'True' : state === 'Stored' ? 'Unknown' : 'False';
  return [{ type: 'BmcSetUp', status: is, reason, message }];
}
