import { type ConditionUpdate, findCondition, mergeConditions } from '../../api/conditions.ts';
import { type PolicyConditionType, policyConditions } from '../../api/machine/policy.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { approvalOf } from './approval.ts';
import { groupsOf, tagsOf } from './groups.ts';
import { hardwareChangeOf } from './hardware-change.ts';
import { identityOf } from './identity.ts';
import type { Seen } from './observed.ts';
import { reachabilityOf } from './reachability.ts';

/** The fields of a Machine's status that this controller owns. */
export type PolicyPart = Pick<
  MachineStatus,
  'approval' | 'tags' | 'kernelArguments' | 'knownHardware' | 'unreachableSince' | 'conditions'
>;

export interface PolicyDecision {
  status: PolicyPart;
  /** A policy that would approve the machine: it is charged first, then it is decided again. */
  approveBy?: string | undefined;
  events: { type: 'Normal' | 'Warning'; reason: string; message: string }[];
  /** Milliseconds since the epoch. */
  until: number | undefined;
}

/** How a machine stands with approval, identity, hardware, reachability, zone, pool and tags. Pure. @param now milliseconds since the epoch */
export function decidePolicies(seen: Seen, now: number, vanishedMs: number): PolicyDecision {
  const { machine } = seen;
  const { generation } = machine.metadata;
  const approval = approvalOf(seen, now);
  const opinions = [
    approval,
    identityOf(seen),
    hardwareChangeOf(seen),
    reachabilityOf(seen, now, vanishedMs),
    groupsOf(seen),
  ];
  const updates = opinions.flatMap(({ conditions }) => conditions);
  const untils = opinions.flatMap(({ until }) => until ?? []);
  return {
    status: {
      ...Object.assign({}, ...opinions.map(({ fields }) => fields)),
      ...tagsOf(seen),
      conditions: mergeConditions(machine.status?.conditions, updates, generation, now),
    },
    approveBy: approval.approveBy,
    events: eventsOf(seen, updates),
    until: untils.length === 0 ? undefined : Math.min(...untils),
  };
}

/** Whether a condition tells of trouble. */
const isTrouble: Readonly<Record<PolicyConditionType, (update: Pick<ConditionUpdate, 'status'>) => boolean>> =
  {
    Approved: () => false,
    IdentityUnique: ({ status }) => status === 'False',
    HardwareChanged: ({ status }) => status === 'True',
    Reachable: ({ status }) => status === 'False',
    ZoneAndPoolFound: () => false,
  };

/** Trouble that is new, or that is over; an approval. */
function eventsOf({ machine }: Seen, updates: readonly ConditionUpdate[]): PolicyDecision['events'] {
  return updates.flatMap((update): PolicyDecision['events'] => {
    const { type, status, reason, message } = update;
    const before = findCondition(machine.status?.conditions, type);
    if (before?.status === status && before.reason === reason && type !== 'HardwareChanged') return [];
    if (type === 'Approved')
      return status === 'True' && reason === 'ByPolicy'
        ? [{ type: 'Normal', reason: 'Approved', message }]
        : [];
    const known = policyConditions.find((name) => name === type);
    if (known === undefined) return [];
    const trouble = isTrouble[known];
    const isNews =
      before === undefined
        ? trouble(update)
        : trouble(update) !== trouble(before) || (trouble(update) && before.message !== message);
    return isNews ? [{ type: trouble(update) ? 'Warning' : 'Normal', reason, message }] : [];
  });
}

/** The owned part of the present status. */
export function ownedPolicies(status: MachineStatus | undefined): PolicyPart {
  const { approval, tags, kernelArguments, knownHardware, unreachableSince, conditions } = status ?? {};
  const mine: readonly string[] = policyConditions;
  return {
    approval,
    tags,
    kernelArguments,
    knownHardware,
    unreachableSince,
    conditions: conditions?.filter(({ type }) => mine.includes(type)),
  };
}
