import type { Allocation, Constraints } from '../../../api/allocation/schema.ts';
import { hasMachine, usedOf } from '../../../api/allocation/usage.ts';
import { candidateOf, wantedBy } from '../../../api/allocation/wanted.ts';
import type { AllocationQuota } from '../../../api/allocation-quota/schema.ts';
import type { BootImage } from '../../../api/boot-image/schema.ts';
import type { Machine } from '../../../api/machine/schema.ts';
import { isQuota } from '../../../domain/placement/constraints.ts';
import { byCost, fitting } from '../../../domain/placement/place.ts';
import type { Candidate, Unmatched, Wanted } from '../../../domain/placement/types.ts';
import type { Quota } from '../../../domain/quota/quota.ts';
import { rememberedOf } from '../../remembered.ts';

/** What a person asks for, as far as they have come. */
export interface Wish {
  image: string | undefined;
  constraints: Constraints;
}

/** The world that a wish is held against. */
export interface PreviewWorld {
  machines: readonly Machine[];
  allocations: readonly Allocation[];
  /** Those of the namespace alone. */
  quotas: readonly AllocationQuota[];
  imageOf(name: string): BootImage | undefined;
}

export interface Preview {
  /** How many machines there are. */
  machines: number;
  /** How many of them fit now, quotas included. */
  fits: number;
  /** Those that fit, the one that would be taken first. */
  names: string[];
  /** Why none fits, as the Allocation would say: NoMachineFits, QuotaExceeded, ImageNotFound, ImageUnusable. */
  reason?: string;
  message?: string;
  /** What each constraint took out of those that were left, in the order of the scheduler. */
  constraints: (Unmatched & { left: number; quota: boolean })[];
  quotas: Quota[];
}

/**
 * What the scheduler would say of a wish now: it is asked itself. Nothing is reserved.
 *
 * @param most how many names
 * @param namespace whose Allocation it would be
 * @param discreet others' Allocations are not named
 */
export function preview(
  wish: Wish,
  world: PreviewWorld,
  { namespace, most, discreet }: { namespace: string; most: number; discreet: boolean },
): Preview {
  const quotas = quotasOf(world, namespace);
  const empty = { machines: world.machines.length, fits: 0, names: [], constraints: [], quotas };
  const wanted = wantedOf(wish, world);
  if (wanted.kind === 'Unusable') return { ...empty, reason: wanted.reason, message: wanted.message };
  const candidates = candidatesOf(world, (holder) =>
    discreet && !holder.startsWith(`${namespace}/`) ? 'another Allocation' : holder,
  );
  const { fits, unmatched } = fitting({ ...wanted.wanted, quotas }, candidates);
  let left = candidates.length;
  const constraints = unmatched.map((row) => {
    left -= row.removed;
    return { ...row, left, quota: isQuota(row.constraint) };
  });
  const answer = {
    ...empty,
    fits: fits.length,
    names: [...fits]
      .sort(byCost)
      .slice(0, most)
      .map(({ name }) => name),
    constraints,
  };
  if (fits.length > 0) return answer;
  const waitsForQuota = constraints.at(-1)?.quota === true;
  return {
    ...answer,
    reason: waitsForQuota ? 'QuotaExceeded' : 'NoMachineFits',
    message: waitsForQuota ? 'A machine would fit, but a quota is used up.' : 'No machine fits.',
  };
}

function wantedOf(
  { image, constraints }: Wish,
  { imageOf }: PreviewWorld,
): ReturnType<typeof wantedBy> | { kind: 'Wanted'; wanted: Wanted } {
  if (image === undefined) return { kind: 'Wanted', wanted: { constraints, image: undefined } };
  return wantedBy({ spec: { image, constraints } }, imageOf(image));
}

function quotasOf({ machines, allocations, quotas }: PreviewWorld, namespace: string): Quota[] {
  if (quotas.length === 0) return [];
  const own = allocations.filter(({ metadata }) => metadata.namespace === namespace);
  const byName = new Map(machines.map((machine) => [machine.metadata.name, machine]));
  return quotas
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, spec }) => ({
      name: metadata.name,
      pool: spec.pool,
      limits: spec.limits,
      used: usedOf(spec.pool, own, byName),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A machine as the scheduler sees it, without Allocations that have chosen it: looked at once, not at every keystroke of a form. */
export const candidateFor = rememberedOf((machine: Machine): Candidate => candidateOf(machine, undefined));

function candidatesOf(
  { machines, allocations }: PreviewWorld,
  nameOf: (holder: string) => string,
): Candidate[] {
  const chosen = new Map(
    allocations
      .filter(hasMachine)
      .map(({ metadata, status }) => [status?.machine, `${metadata.namespace ?? ''}/${metadata.name}`]),
  );
  return machines.map((machine) => {
    const candidate = candidateFor(machine);
    const { namespace = '', name = '' } = machine.status?.allocation ?? {};
    if (name !== '' && !candidate.available) {
      const unavailableReason = `held by ${nameOf(`${namespace}/${name}`)}`;
      return { ...candidate, unavailableReason };
    }
    const taken = chosen.get(machine.metadata.name);
    if (taken === undefined || !candidate.available) return candidate;
    return { ...candidate, available: false, unavailableReason: `chosen for ${nameOf(taken)}` };
  });
}
