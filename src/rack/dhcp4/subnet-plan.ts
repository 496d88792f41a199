import { ipv4ToNumber } from '../../domain/net/address.ts';
import { cidrRange, netmask, parseCidr } from '../../domain/net/cidr.ts';
import { CodedError } from '../../errors/coded-error.ts';
import { type AnswerOptions, sharedLists, withSettings } from './answer-options.ts';
import { builtInAnswers } from './built-in-options.ts';
import { type Leads, leadsOf } from './lease-times.ts';
import type { DhcpSubnet } from './ports.ts';

/** A subnet with its addresses as unsigned 32-bit numbers, made once from the backend's description. */
export interface SubnetPlan {
  subnet: DhcpSubnet;
  first: number;
  last: number;
  mask: number;
  server: number;
  /** Inclusive, lowest first, without the addresses that nobody may have. */
  ranges: { start: number; end: number }[];
  /** The options of the subnet, ready to be sent. */
  answers: AnswerOptions;
  /** Those of the ranges that have options of their own. */
  rangeAnswers: { start: number; end: number; answers: AnswerOptions }[];
  /** The first options of every answer. */
  leads: Leads;
}

const plans = new WeakMap<DhcpSubnet, SubnetPlan>();

/** The plan of a subnet; the same object in gives the same plan back. Throws CodedError `BadSubnet`. */
export function planOf(subnet: DhcpSubnet): SubnetPlan {
  const known = plans.get(subnet);
  if (known !== undefined) return known;
  const made = makePlan(subnet);
  plans.set(subnet, made);
  return made;
}

/** Whether the address is on the subnet. */
export function onSubnet(plan: SubnetPlan, address: number): boolean {
  return address >= plan.first && address <= plan.last;
}

/** Whether the address is one that the server may give to anybody. */
export function inRanges(plan: SubnetPlan, address: number): boolean {
  return inSpans(plan.ranges, address);
}

/** Whether the address is in one of the spans. */
export function inSpans(spans: SubnetPlan['ranges'], address: number): boolean {
  return spans.some(({ start, end }) => address >= start && address <= end);
}

/** The options for an address of the subnet: those of its range, when it has some, else the subnet's. */
export function answersOf(plan: SubnetPlan, address: number): AnswerOptions {
  for (const { start, end, answers } of plan.rangeAnswers) {
    if (address >= start && address <= end) return answers;
  }
  return plan.answers;
}

function makePlan(subnet: DhcpSubnet): SubnetPlan {
  const cidr = parseCidr(subnet.cidr);
  const bounds = cidrRange(cidr);
  const server = quad(subnet, subnet.serverAddress);
  const gateway = subnet.gateway === undefined ? undefined : quad(subnet, subnet.gateway);
  const first = Number(bounds.first);
  const last = Number(bounds.last);
  const nobodys = new Set([server, ...(gateway === undefined ? [] : [gateway])]);
  for (const address of subnet.taken ?? []) nobodys.add(quad(subnet, address));
  if (cidr.prefix < 31) nobodys.add(first).add(last);
  const mask = Number(netmask(cidr).value);
  const broadcast = last - first > 1 ? last : undefined;
  const answers = withSettings(
    builtInAnswers(subnet, { mask, gateway, broadcast }),
    subnet.options,
    sharedLists,
  );
  const whole = subnet.dynamicRanges
    .map(({ start, end, options }) => ({ start: quad(subnet, start), end: quad(subnet, end), options }))
    .sort((a, b) => a.start - b.start);
  return {
    subnet,
    first,
    last,
    mask,
    server,
    ranges: whole.flatMap((range) => without(range, nobodys)),
    answers,
    rangeAnswers: whole
      .filter(({ options }) => options !== undefined && options.length > 0)
      .map(({ start, end, options }) => ({
        start,
        end,
        answers: withSettings(answers, options, sharedLists),
      })),
    leads: leadsOf(server, subnet.leaseSeconds),
  };
}

function without(
  range: { start: number; end: number },
  holes: ReadonlySet<number>,
): { start: number; end: number }[] {
  const parts: { start: number; end: number }[] = [];
  let start = range.start;
  const inside = [...holes].filter((hole) => hole >= range.start && hole <= range.end).sort((a, b) => a - b);
  for (const hole of inside) {
    if (hole > start) parts.push({ start, end: hole - 1 });
    start = hole + 1;
  }
  if (start <= range.end) parts.push({ start, end: range.end });
  return parts;
}

function quad(subnet: DhcpSubnet, text: string): number {
  const value = ipv4ToNumber(text);
  if (value === undefined)
    throw new CodedError('BadSubnet', `subnet ${subnet.name}: ${text} is no IPv4 address`);
  return value;
}
