import type { Controller } from '../kube/controller.ts';
import { createAllocationQuotaController } from './allocation-quota/controller.ts';
import { createApprovalPolicyController } from './approval-policy/controller.ts';
import { createPoolController, createZoneController } from './group/controller.ts';
import { createMachinePolicyController } from './machine-policy/controller.ts';
import type { ControllerDeps } from './shared/small-controller.ts';
import { createTagController } from './tag/controller.ts';
import { createTagEvaluator } from './tag/evaluator.ts';

/** Approval, identity, hardware, reachability, zones, pools, tags and what is used of quotas. */
export function createPolicyControllers(
  deps: ControllerDeps & {
    /** A BMC that is silent for longer makes its machine count as vanished. Milliseconds. */
    vanishedMs?: number | undefined;
  },
): Controller[] {
  const shared = { ...deps, tagEvaluator: createTagEvaluator() };
  return [
    createMachinePolicyController(shared),
    createTagController(shared),
    createZoneController(deps),
    createPoolController(deps),
    createAllocationQuotaController(deps),
    createApprovalPolicyController(deps),
  ];
}
