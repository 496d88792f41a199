/** What a rule looks at. undefined: not known, or never said. */
export interface Applicant {
  /** Name of the Subnet that a rack saw it boot on. */
  subnet?: string | undefined;
  vendor?: string | undefined;
  product?: string | undefined;
  /** The MAC address that it booted from, lower case. */
  mac?: string | undefined;
}

/** Everything that is given must fit; of each list one entry. */
export interface Rule {
  subnets?: readonly string[] | undefined;
  vendors?: readonly string[] | undefined;
  products?: readonly string[] | undefined;
  macPrefixes?: readonly string[] | undefined;
}

/** A policy, and what it has approved so far. */
export interface Policy {
  name: string;
  priority: number;
  suspended: boolean;
  rules: readonly Rule[];
  perHour?: number | undefined;
  total?: number | undefined;
  /** How many it has approved in all. */
  approvals: number;
  /** When it approved, within the last hour or longer ago: milliseconds since the epoch, in any order. */
  recent: readonly number[];
}

/** Why nothing approves the machine. */
export type Refusal = 'NoPolicy' | 'NoPolicyFits' | 'LimitReached';

export type Judgement =
  | { kind: 'Approve'; policy: string }
  | { kind: 'Refuse'; reason: Refusal; message: string; until?: number | undefined };

export const hourMs = 3_600_000;
const namedAtMost = 8;

/**
 * The first policy that fits and has room approves: by priority, the higher first, then by name. Pure.
 *
 * @param now milliseconds since the epoch
 */
export function judge(applicant: Applicant, policies: readonly Policy[], now: number): Judgement {
  const inOrder = policies.filter(({ suspended }) => !suspended).sort(byOrder);
  if (inOrder.length === 0)
    return {
      kind: 'Refuse',
      reason: 'NoPolicy',
      message: 'There is no ApprovalPolicy that is not suspended.',
    };
  const why: string[] = [];
  let limited = false;
  let until: number | undefined;
  for (const policy of inOrder) {
    const lacks = policy.rules.map((rule) => misfit(applicant, rule));
    if (lacks.includes(undefined)) {
      const full = limitOf(policy, now);
      if (full === undefined) return { kind: 'Approve', policy: policy.name };
      limited = true;
      until = Math.min(until ?? Number.POSITIVE_INFINITY, full.until ?? Number.POSITIVE_INFINITY);
      why.push(`${policy.name} fits, but ${full.message}`);
    } else {
      why.push(`${policy.name}: ${[...new Set(lacks)].join('; ')}`);
    }
  }
  const rest = why.length > namedAtMost ? [`and ${why.length - namedAtMost} more`] : [];
  return {
    kind: 'Refuse',
    reason: limited ? 'LimitReached' : 'NoPolicyFits',
    message: `No ApprovalPolicy approves it. ${[...why.slice(0, namedAtMost), ...rest].join('. ')}.`,
    until: until === Number.POSITIVE_INFINITY ? undefined : until,
  };
}

function byOrder(a: Policy, b: Policy): number {
  return b.priority - a.priority || (a.name < b.name ? -1 : 1);
}

/** What keeps a rule from fitting, in words; undefined: nothing does. */
function misfit(applicant: Applicant, rule: Rule): string | undefined {
  const { subnets, vendors, products, macPrefixes } = rule;
  const checks: [
    string,
    string | undefined,
    readonly string[] | undefined,
    (value: string, wanted: string) => boolean,
  ][] = [
    ['subnet', applicant.subnet, subnets, (value, wanted) => value === wanted],
    ['vendor', applicant.vendor, vendors, matches],
    ['product', applicant.product, products, matches],
    ['MAC address', applicant.mac, macPrefixes, (value, wanted) => `${value}:`.startsWith(`${wanted}:`)],
  ];
  for (const [what, value, wanted, fits] of checks) {
    if (wanted === undefined) continue;
    if (value === undefined) return `its ${what} is not known`;
    if (!wanted.some((one) => fits(value, one))) return `its ${what} is ${value.slice(0, 64)}`;
  }
  return undefined;
}

/** Letter case and spaces around do not matter; `*` at the end stands for anything. */
function matches(value: string, pattern: string): boolean {
  const [said, wanted] = [value.trim().toLowerCase(), pattern.trim().toLowerCase()];
  return wanted.endsWith('*') ? said.startsWith(wanted.slice(0, -1)) : said === wanted;
}

function limitOf(policy: Policy, now: number): { message: string; until?: number | undefined } | undefined {
  const { total, perHour, approvals } = policy;
  if (total !== undefined && approvals >= total)
    return { message: `it has approved ${approvals} machines, of at most ${total}` };
  const recent = policy.recent.filter((at) => at > now - hourMs);
  if (perHour === undefined || recent.length < perHour) return undefined;
  const leaves = recent.toSorted((a, b) => a - b)[recent.length - perHour] ?? now;
  return {
    message: `it has approved ${recent.length} machines within an hour, of at most ${perHour}`,
    until: leaves + hourMs,
  };
}
