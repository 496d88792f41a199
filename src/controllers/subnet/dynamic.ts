import type { Rack } from '../../api/rack/schema.ts';
import type { Subnet, SubnetStatus } from '../../api/subnet/schema.ts';
import { ipv4ToNumber } from '../../domain/net/address.ts';
import { isSilent } from '../vlan/decide.ts';

type Dynamic = NonNullable<SubnetStatus['dynamic']>;
type Slice = NonNullable<NonNullable<Rack['status']>['slices']>[number];

/** Of a condition's length; there are 16 ranges at most. */
const longestSummary = 1024;

/** How full the dynamic IPv4 ranges of a subnet are, by what racks say of their slices; undefined where there are no such ranges. */
export function countDynamic(subnet: Subnet, racks: readonly Rack[]): Dynamic | undefined {
  const held = slicesOf(subnet.metadata.name, racks);
  const ranges = subnet.spec.ranges.dynamic.flatMap(({ start, end }) => {
    const [first, last] = [ipv4ToNumber(start), ipv4ToNumber(end)];
    if (first === undefined || last === undefined || last < first) return [];
    const inside = held.filter(({ slice }) => {
      const [from, to] = [ipv4ToNumber(slice.start), ipv4ToNumber(slice.end)];
      return from !== undefined && to !== undefined && from >= first && to <= last;
    });
    const size = last - first + 1;
    const leases = inside.reduce((sum, { slice }) => sum + slice.leases, 0);
    const names = [...new Set(inside.map(({ rack }) => rack))].sort().slice(0, 64);
    return [{ start, end, size, leases, utilisationPercent: percent(leases, size), racks: names }];
  });
  if (ranges.length === 0) return undefined;
  const leases = ranges.reduce((sum, range) => sum + range.leases, 0);
  const size = ranges.reduce((sum, range) => sum + range.size, 0);
  const summary = ranges
    .map(
      (range) => `${range.start}-${range.end} ${range.leases}/${range.size} (${range.utilisationPercent}%)`,
    )
    .join(', ')
    .slice(0, longestSummary);
  return { leases, utilisationPercent: percent(leases, size), summary, ranges };
}

function percent(part: number, whole: number): number {
  return Math.min(100, Math.floor((part * 100) / whole));
}

/** Each slice once: a rack that fell silent still says that it has what another took over. */
function slicesOf(subnet: string, racks: readonly Rack[]): { rack: string; slice: Slice }[] {
  const found = new Map<string, { rack: string; slice: Slice }>();
  const bySilence = [...racks].sort((a, b) => Number(isSilent(b)) - Number(isSilent(a)));
  for (const { metadata, status } of bySilence) {
    for (const slice of status?.slices ?? []) {
      if (slice.subnet !== subnet) continue;
      if (slice.state === 'Lapsed' && found.has(slice.start)) continue;
      found.set(slice.start, { rack: metadata.name, slice });
    }
  }
  return [...found.values()];
}
