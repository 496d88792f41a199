import type { Allocation } from '../../api/allocation/schema.ts';
import type { BootImage } from '../../api/boot-image/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { Candidate, Wanted } from '../../domain/placement/types.ts';
import type { AllocationReason } from './reasons.ts';

/** What the Allocation asks the scheduler for; or why it cannot be served, whatever the machines are. */
export function wantedBy(
  allocation: Allocation,
  image: BootImage | undefined,
): { kind: 'Wanted'; wanted: Wanted } | { kind: 'Unusable'; reason: AllocationReason; message: string } {
  const { spec } = allocation;
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
  const holder = status?.allocation;
  const unavailableReason =
    metadata.deletionTimestamp !== undefined
      ? 'being deleted'
      : holder !== undefined
        ? `held by ${holder.namespace}/${holder.name}`
        : status?.phase !== 'Ready'
          ? (status?.phase ?? 'new')
          : !spec.approved
            ? 'not approved'
            : taken === undefined
              ? undefined
              : `chosen for ${taken}`;
  return {
    name: metadata.name,
    architecture: spec.architecture,
    zone: spec.zone,
    pool: spec.pool,
    tags: spec.tags,
    maintenance: spec.maintenance,
    locked: spec.locked,
    available: unavailableReason === undefined,
    unavailableReason,
    cores: status?.hardware?.cores ?? 0,
    memoryMiB: status?.hardware?.memoryMiB ?? 0,
    nics: status?.hardware?.nics ?? 0,
    disks: status?.hardware?.disks ?? [],
  };
}

/** Who is served first: higher priority, then the older, then by name. For `sort`. */
export function byPrecedence(a: Allocation, b: Allocation): number {
  const priority = b.spec.priority - a.spec.priority;
  if (priority !== 0) return priority;
  const key = ({ metadata }: Allocation): string =>
    `${metadata.creationTimestamp ?? ''} ${metadata.namespace ?? ''}/${metadata.name}`;
  return key(a) < key(b) ? -1 : 1;
}
