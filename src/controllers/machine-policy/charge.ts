import { type ApprovalPolicy, approvalPolicyKind } from '../../api/approval-policy/schema.ts';
import type { Approval } from '../../api/machine/policy.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { hourMs, judge } from '../../domain/approval/judge.ts';
import { kubeError } from '../../kube/errors.ts';
import type { ControllerDeps } from '../shared/small-controller.ts';
import { policyOf } from './approval.ts';

/** Of server-side apply, for what a policy has approved. */
export const approvalManager = 'metalwright-approval';

const mostRecent = 1000;

/**
 * Writes down that the policy approves the machine, before the machine is told: so a limit holds though processes die in between,
 * and though two operators believe to lead. One that is written down already is not counted again.
 *
 * @returns undefined when the policy as the API server has it now has no room, or does not approve any more
 * @throws KubeError Conflict when somebody else has charged it meanwhile
 */
export async function chargePolicy(
  name: string,
  machine: Machine,
  now: number,
  deps: Pick<ControllerDeps, 'client' | 'fence'>,
): Promise<Approval | undefined> {
  const policy = await deps.client.get(approvalPolicyKind, name);
  const { uid = '' } = machine.metadata;
  if (policy === undefined || policy.metadata.deletionTimestamp !== undefined) return undefined;
  const known = policy.status?.recent?.find((entry) => entry.uid === uid);
  if (known !== undefined) return { policy: name, at: known.at };
  if (!hasRoom(policy, now)) return undefined;
  const at = new Date(now).toISOString();
  const recent = (policy.status?.recent ?? []).filter((entry) => Date.parse(entry.at) > now - hourMs);
  if (recent.length >= mostRecent)
    throw kubeError('Conflict', `approvalpolicies/${name}: too many approvals within an hour`);
  deps.fence.assertHeld();
  await deps.client.applyStatus(
    approvalPolicyKind,
    {
      metadata: { name, uid: policy.metadata.uid, resourceVersion: policy.metadata.resourceVersion },
      status: {
        approvals: (policy.status?.approvals ?? 0) + 1,
        recent: [...recent, { machine: machine.metadata.name, uid, at }],
      },
    },
    { fieldManager: approvalManager },
  );
  return { policy: name, at };
}

/** Asked of a rule that always fits: the limits alone decide. */
function hasRoom(policy: ApprovalPolicy, now: number): boolean {
  return judge({}, [{ ...policyOf(policy), rules: [{}] }], now).kind === 'Approve';
}
