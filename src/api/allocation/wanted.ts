import { isApproved } from '../../domain/lifecycle/approval.ts';
import type { Candidate, Wanted } from '../../domain/placement/types.ts';
import type { BootImage } from '../boot-image/schema.ts';
import { isLocked } from '../machine/locked.ts';
import { effectiveTags, isUnique } from '../machine/policy.ts';
import type { Machine } from '../machine/schema.ts';
import type { Allocation, AllocationSpec } from './schema.ts';

/** What an Allocation asks the scheduler for; or why it cannot be served, whatever the machines are. */
export type Wish =
  | { kind: 'Wanted'; wanted: Wanted }
  | { kind: 'Unusable'; reason: 'ImageNotFound' | 'ImageUnusable'; message: string };

/** What of an Allocation matters to the scheduler, together with the image that it names. */
export function wantedBy(
  { spec }: { spec: Pick<AllocationSpec, 'image' | 'constraints'> },
  image: BootImage | undefined,
): Wish {
  if (image === undefined) {
    return { kind: 'Unusable', reason: 'ImageNotFound', message: `There is no BootImage ${spec.image}.` };
  }
  const { purpose, architecture } = image.spec;
  const unusable = (message: string) => ({ kind: 'Unusable', reason: 'ImageUnusable', message }) as const;
  if (purpose !== 'Disk') return unusable(`BootImage ${spec.image} is of purpose ${purpose}, not Disk.`);
  const wish = spec.constraints.architecture;
  if (wish !== undefined && wish !== architecture) {
    return unusable(
      `BootImage ${spec.image} is for ${architecture}, but constraints.architecture is ${wish}.`,
    );
  }
  const disk = image.status?.artifacts?.find(({ role }) => role === 'Disk');
  return {
    kind: 'Wanted',
    wanted: { constraints: spec.constraints, image: { architecture, rawSizeBytes: disk?.rawSizeBytes } },
  };
}

/** A machine as the scheduler sees it. @param taken chosen by another Allocation, though not claimed yet */
export function candidateOf(machine: Machine, taken: string | undefined): Candidate {
  const { metadata, spec, status } = machine;
  const unavailableReason = unavailable(machine, taken);
  return {
    name: metadata.name,
    architecture: spec.architecture,
    zone: spec.zone,
    pool: spec.pool,
    tags: effectiveTags(machine),
    maintenance: spec.maintenance,
    locked: isLocked(machine),
    available: unavailableReason === undefined,
    unavailableReason,
    cores: status?.hardware?.cores ?? 0,
    memoryMiB: status?.hardware?.memoryMiB ?? 0,
    nics: status?.hardware?.nics ?? 0,
    disks: status?.hardware?.disks ?? [],
  };
}

/** Completes "the machine is …"; undefined: an Allocation may have it. */
function unavailable(machine: Machine, taken: string | undefined): string | undefined {
  const { metadata, status } = machine;
  const holder = status?.allocation;
  if (metadata.deletionTimestamp !== undefined) return 'being deleted';
  if (holder !== undefined) return `held by ${holder.namespace}/${holder.name}`;
  if (status?.phase !== 'Ready') return status?.phase ?? 'new';
  if (!isApproved(machine)) return 'not approved';
  if (!isUnique(machine)) return 'not the only one with its MAC address or UUID';
  return taken === undefined ? undefined : `chosen for ${taken}`;
}

/** Who is served first: higher priority, then the older, then by name. For `sort`. */
export function byPrecedence(a: Allocation, b: Allocation): number {
  const priority = b.spec.priority - a.spec.priority;
  if (priority !== 0) return priority;
  const key = ({ metadata }: Allocation): string =>
    `${metadata.creationTimestamp ?? ''} ${metadata.namespace ?? ''}/${metadata.name}`;
  return key(a) < key(b) ? -1 : 1;
}
