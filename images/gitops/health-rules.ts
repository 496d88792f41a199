import { kinds } from '../../src/api/crd/kinds.ts';

/** What Argo CD makes of a kind beyond `Ready`, `Reconciling` and `Stalled`. */
export interface HealthRules {
  /** Reasons of `Stalled` with which nothing is broken, and a person has to decide: `Suspended` rather than `Degraded`. */
  waits?: readonly string[];
  /** Conditions that degrade what is ready: type, the status that degrades, and reasons, when not all of them do. */
  degrades?: readonly { type: string; status: 'True' | 'False'; reasons?: readonly string[] }[];
  /** Fields of the spec that are set where a person has put the object aside. */
  aside?: readonly string[];
}

const powerFailed = { type: 'PowerAsExpected', status: 'False' } as const;

/** Rules by kind; a kind that is not here has none beyond the three conditions. */
export const healthRules: Readonly<Record<string, HealthRules>> = {
  Machine: {
    waits: ['AwaitingApproval', 'AwaitingBmc', 'AwaitingCommission', 'Locked', 'Rescue'],
    degrades: [
      { type: 'HardwareHealthy', status: 'False', reasons: ['ComponentsCritical'] },
      { type: 'IdentityUnique', status: 'False' },
      { type: 'Reachable', status: 'False' },
      { type: 'ZoneAndPoolFound', status: 'False' },
      powerFailed,
    ],
    aside: ['maintenance'],
  },
  Allocation: { waits: ['QuotaExceeded', 'Releasing', 'Rescue'], degrades: [powerFailed] },
  ApprovalPolicy: { waits: ['TotalReached'], aside: ['suspended'] },
  VLAN: { degrades: [{ type: 'ForeignDHCP', status: 'True' }] },
};

/** Kinds that have a status, and those that have none: those are what they are. */
export const kindsWithHealth = kinds.map(({ kind, group, properties }) => ({
  kind,
  group,
  hasStatus: 'status' in properties,
}));
