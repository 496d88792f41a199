import type { ApprovalPolicy } from '../../api/approval-policy/schema.ts';
import { type Approval, isUnique } from '../../api/machine/policy.ts';
import { names } from '../../api/meta.ts';
import { type Applicant, judge, type Policy } from '../../domain/approval/judge.ts';
import { conditionOf, type Opinion, type Seen } from './observed.ts';
import { approvalReasons } from './reasons.ts';

/** What approval says, and the policy that is to be charged with it before it counts. */
export interface ApprovalOpinion extends Opinion<{ approval?: Approval | undefined }> {
  approveBy?: string | undefined;
}

/** Whether the machine is approved, by whom, or why by nobody. @param now milliseconds since the epoch */
export function approvalOf(seen: Seen, now: number): ApprovalOpinion {
  const { machine, granted } = seen;
  const { spec, status, metadata } = machine;
  const approval = granted ?? status?.approval;
  const fields = { approval };
  const not = (reason: keyof typeof approvalReasons, more = ''): ApprovalOpinion => ({
    fields,
    conditions: [conditionOf('Approved', 'False', reason, approvalReasons, more)],
  });
  if (spec.quarantined === true) return not('Quarantined');
  if (spec.approved)
    return { fields, conditions: [conditionOf('Approved', 'True', 'ByPerson', approvalReasons)] };
  if (approval !== undefined) {
    const more = `ApprovalPolicy ${approval.policy}, at ${approval.at}.`;
    return { fields, conditions: [conditionOf('Approved', 'True', 'ByPolicy', approvalReasons, more)] };
  }
  if (metadata.labels?.[names.enlistedBy] === undefined) return not('NotEnlisted');
  if (seen.inventory === undefined) return not('AwaitingInventory');
  if (!isUnique(machine) || seen.twins.length > 0) return not('IdentityDoubtful');
  // Charged, but the process died before it was said: its place is taken already.
  const charged = seen.policies.find(
    ({ spec, status: of }) => !spec.suspended && of?.recent?.some(({ uid }) => uid === metadata.uid),
  );
  if (charged !== undefined) return { ...not('NoPolicyFits'), approveBy: charged.metadata.name };
  const judgement = judge(applicantOf(seen), seen.policies.map(policyOf), now);
  if (judgement.kind === 'Approve') return { ...not('NoPolicyFits'), approveBy: judgement.policy };
  return { ...not(judgement.reason, judgement.message), until: judgement.until };
}

function applicantOf({ machine, inventory }: Seen): Applicant {
  const { bootProgress } = machine.status ?? {};
  const { vendor, product } = inventory?.hardware.system ?? {};
  return { subnet: bootProgress?.subnet, mac: bootProgress?.mac, vendor, product };
}

/** A policy as the domain judges by it. */
export function policyOf({ metadata, spec, status }: ApprovalPolicy): Policy {
  return {
    name: metadata.name,
    priority: spec.priority,
    suspended: spec.suspended || metadata.deletionTimestamp !== undefined,
    rules: spec.rules,
    perHour: spec.limits.perHour,
    total: spec.limits.total,
    approvals: status?.approvals ?? 0,
    recent: status?.recent?.map(({ at }) => Date.parse(at)) ?? [],
  };
}
