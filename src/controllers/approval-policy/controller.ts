import { type ApprovalPolicy, approvalPolicyKind } from '../../api/approval-policy/schema.ts';
import { type ConditionUpdate, mergeConditions, readiness } from '../../api/conditions.ts';
import type { Controller } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';

const manager = 'metalwright-approval-policy';

/** Says of every ApprovalPolicy whether it is in force. What it approved is written by who approves. */
export function createApprovalPolicyController(deps: ControllerDeps): Controller {
  const { approvalPolicies } = deps.informers;
  return fencedController(
    deps,
    'approval-policy',
    async (name) => {
      const policy = approvalPolicies.get(name);
      if (policy === undefined) return undefined;
      const { generation } = policy.metadata;
      const before = policy.status?.conditions;
      const conditions = mergeConditions(before, stateOf(policy), generation, deps.clock.now());
      await applyStatusIfChanged(
        deps.client,
        approvalPolicyKind,
        {
          current: { observedGeneration: policy.status?.observedGeneration, conditions: before },
          object: { metadata: { name }, status: { observedGeneration: generation, conditions } },
        },
        manager,
      );
      return undefined;
    },
    (controller) => [watchInto(controller, approvalPolicies)],
  );
}

function stateOf({ spec, status }: ApprovalPolicy): ConditionUpdate[] {
  if (spec.suspended)
    return readiness('Ready', 'Suspended', 'It approves nothing for now: spec.suspended is set.');
  const { total } = spec.limits;
  const approvals = status?.approvals ?? 0;
  if (total !== undefined && approvals >= total)
    return readiness(
      'Stalled',
      'TotalReached',
      `It has approved ${approvals} machines, of at most ${total}: raise limits.total to go on.`,
    );
  return readiness('Ready', 'Accepted', 'Machines that enlist themselves are judged by it.');
}
