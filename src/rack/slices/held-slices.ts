import type { Clock } from '../../domain/clock.ts';
import { type AddressSpan, intersectSpans } from '../../domain/net/slices/cut.ts';
import type { Timers } from '../../kube/timers.ts';
import type { SliceMemory } from '../dhcp4/leases/store.ts';
import type { SubnetPlan } from '../dhcp4/subnet-plan.ts';
import type { Tenure } from '../dhcp4/tenure.ts';
import { elapsed, type Tenancy } from './tenancy.ts';

/** What people are told of one part of a slice that this rack holds. Addresses are unsigned 32-bit numbers. */
export interface SliceStatus {
  subnet: string;
  start: number;
  end: number;
  /** `Blocked`: taken over from another; new clients get none of it yet. `Lapsed`: could not be renewed. */
  state: 'Open' | 'Blocked' | 'Lapsed';
  /** Addresses that are acknowledged, offered or declined. */
  held: number;
}

/** The slices of this rack, and what the DHCP server may do with them at this moment. */
export interface HeldSlices extends Tenure {
  readonly tenancies: ReadonlyMap<string, Tenancy>;
  set(tenancy: Tenancy): void;
  delete(name: string): void;
  /** To be called after a change inside of a tenancy. */
  changed(): void;
  isHeld(tenancy: Tenancy): boolean;
  isBlocked(tenancy: Tenancy): boolean;
  /** Subnets that the DHCP server asked about, and when last by the monotonic clock. */
  readonly asked: Map<string, number>;
  status(): SliceStatus[];
}

interface Cached {
  usable: Tenancy[];
  version: number;
  ranges: SubnetPlan['ranges'];
}

/** See `HeldSlices`. Answers from memory and two clocks; nothing here waits. */
export function createHeldSlices(deps: {
  memory: Pick<SliceMemory, 'clock' | 'countHeld'>;
  timers: Pick<Timers, 'monotonic'>;
  wall: Clock;
}): HeldSlices {
  const { memory, timers, wall } = deps;
  const tenancies = new Map<string, Tenancy>();
  const asked = new Map<string, number>();
  const cache = new WeakMap<SubnetPlan, Cached>();
  const bySubnet = new Map<string, Tenancy[]>();
  let version = 0;

  const nowBoth = () => ({ monotonic: timers.monotonic(), wall: wall.now() });
  const isHeld = ({ hold }: Tenancy, now = nowBoth()): boolean =>
    hold !== undefined && elapsed(hold, now) < hold.forMs;
  const isBlocked = ({ blockedUntil }: Tenancy): boolean => memory.clock.now() < blockedUntil;

  function changed(): void {
    version += 1;
    bySubnet.clear();
  }

  function ofSubnet(subnet: string): Tenancy[] {
    let found = bySubnet.get(subnet);
    if (found === undefined) {
      found = [...tenancies.values()]
        .filter((tenancy) => tenancy.subnet === subnet)
        .sort((a, b) => a.first - b.first);
      bySubnet.set(subnet, found);
    }
    return found;
  }

  return {
    tenancies,
    asked,
    changed,
    isHeld: (tenancy) => isHeld(tenancy),
    isBlocked,
    set(tenancy) {
      tenancies.set(tenancy.name, tenancy);
      changed();
    },
    delete(name) {
      tenancies.delete(name);
      changed();
    },
    open(plan) {
      const { name } = plan.subnet;
      const now = nowBoth();
      const leaseNow = memory.clock.now();
      asked.set(name, now.monotonic);
      const usable = ofSubnet(name).filter(
        (tenancy) => !tenancy.leaving && leaseNow >= tenancy.blockedUntil && isHeld(tenancy, now),
      );
      const cached = cache.get(plan);
      if (cached !== undefined && cached.version === version && sameItems(cached.usable, usable)) {
        return cached.ranges;
      }
      const made = merge(
        intersectSpans(
          plan.ranges,
          usable.flatMap(({ parts }) => parts),
        ),
      );
      const ranges = cached !== undefined && sameSpans(cached.ranges, made) ? cached.ranges : made;
      cache.set(plan, { version, usable, ranges });
      return ranges;
    },
    limit(plan, address) {
      const tenancy = ofSubnet(plan.subnet.name).find(
        ({ first, last }) => address >= first && address <= last,
      );
      if (tenancy?.hold === undefined) return undefined;
      const left = tenancy.hold.coverMs - elapsed(tenancy.hold, nowBoth());
      return left > 0 ? memory.clock.now() + left : undefined;
    },
    status() {
      const spans = [...tenancies.values()]
        .sort((a, b) => a.first - b.first)
        .flatMap((tenancy) => tenancy.parts.map((part) => ({ tenancy, part })));
      const counts = memory.countHeld(spans.map(({ part }) => ({ first: part.start, last: part.end })));
      return spans.map(({ tenancy, part }, index) => ({
        subnet: tenancy.subnet,
        ...part,
        state: isHeld(tenancy) ? (isBlocked(tenancy) ? 'Blocked' : 'Open') : 'Lapsed',
        held: counts[index] ?? 0,
      }));
    },
  };
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** Whether two lists name the same addresses in the same way. */
export function sameSpans(a: readonly AddressSpan[], b: readonly AddressSpan[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ start, end }, index) => start === b[index]?.start && end === b[index]?.end)
  );
}

function merge(spans: readonly AddressSpan[]): AddressSpan[] {
  const merged: AddressSpan[] = [];
  for (const { start, end } of spans) {
    const last = merged.at(-1);
    if (last !== undefined && last.end + 1 === start) last.end = end;
    else merged.push({ start, end });
  }
  return merged;
}
